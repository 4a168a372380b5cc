/**
 * Builds the page into dist/, which any static host or the agent can serve from any path. Nothing
 * is inlined, so that the strictest content security policy holds; a copy of it goes into the built
 * page for hosts that send none.
 */
import { defineConfig, type Plugin } from "vite";

/**
 * `'self'` covers the agent's WebSocket in new browsers only; it is on this machine and nowhere
 * else.
 */
const POLICY = [
  "default-src 'self'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "connect-src 'self' ws://localhost:* ws://127.0.0.1:*",
].join("; ");

/** Only in the build: vite's development server puts styles into the page itself. */
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

/** How long plugins took says how busy the machine is, not what is wrong with the page. */
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
