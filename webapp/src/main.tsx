/**
 * The entry point: small, so that the page is there at once; each view is loaded when it is opened.
 */
import { render } from "preact";
import { takeToken } from "./agent-link/token.ts";
import { App } from "./app/app.tsx";
import "./app/base.css";

// First of all, so that the token is gone from the address bar before anybody looks at it.
takeToken(location, history, localStorage);
const page = document.getElementById("page");
if (page) render(<App />, page);
