/**
 * Builds the page into dist/, which any static host or the agent can serve from any path. Nothing
 * is inlined, so that the strictest content security policy holds; the built page contains a copy
 * of it, for hosts that send none.
 */
import { defineConfig, type Plugin } from "vite";

/** Only new browsers count the agent's WebSocket as `'self'`; it is always on this machine. */
const POLICY = [
  "default-src 'self'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "connect-src 'self' ws://localhost:* ws://127.0.0.1:*",
].join("; ");

/** Only in the build: vite's development server inlines styles. */
const addPolicy: Plugin = {
  name: "infield-policy",
  apply: "build",
  transformIndexHtml: () => [
    {
      tag: "meta",
      attrs: { "http-equiv": "Content-Security-Policy", content: POLICY },
      injectTo: "head-prepend",
    },
  ],
};

/** The time plugins take shows how busy the machine is, not what is wrong with the page. */
const rolldownOptions = { checks: { bundlerTimings: false } };

export default defineConfig({
  base: "./",
  plugins: [addPolicy],
  build: {
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions,
  },
  worker: { format: "es", rolldownOptions },
});
