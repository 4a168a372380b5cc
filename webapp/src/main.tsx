/** The first page: small, so that it is there at once; each view is fetched when it is opened. */
import { render } from "preact";
import { takeToken } from "./agent-link/token.ts";
import { App } from "./app/app.tsx";
import "./app/base.css";

// Before anything else, so that the token is out of the address bar when somebody looks at it.
takeToken(location, history, localStorage);
const page = document.getElementById("page");
if (page) render(<App />, page);
