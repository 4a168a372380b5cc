#!/usr/bin/env node
// Starts the command line. Plain old JavaScript on purpose: it has to run on a Node too old for
// everything else.
const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  fail(`this is Node ${process.versions.node}, which is too old`, "install Node 20.19 or newer");
} else {
  import("../dist/infield.js").catch((error) => {
    const missing =
      error.code === "ERR_MODULE_NOT_FOUND" && String(error.message).includes("dist/infield.js");
    if (!missing) throw error;
    fail("the program is not built yet", "run `npm ci` in the folder you cloned");
  });
}

function fail(message, hint) {
  process.stderr.write(`infield: ${message}\n  ${hint}\n`);
  process.exitCode = 1;
}
