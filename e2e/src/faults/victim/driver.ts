/**
 * The process under test: `driver.js ACTION ROOT REPOSITORY REPORT [again]`. It writes into the
 * report, between the shim's lines, what begins (`= PHASE`) and how it ended (`= done`, `= failed
 * CODE MESSAGE`). ACTION `open` only opens the root.
 */
import { appendFileSync } from "node:fs";
import { InfieldError } from "@infield/shared/base";
import { type ActionName, act, openRoot } from "../scene/actions.ts";

const [action = "", root = "", repository = "", report = "", again] = process.argv.slice(2);
let phase = "";

function say(line: string): void {
  appendFileSync(report, `= ${line}\n`);
}

function onPhase(next: string): void {
  if (next !== phase) say(next);
  phase = next;
}

try {
  if (action === "open") {
    onPhase("recover");
    await (await openRoot(root, { create: true })).close();
  } else {
    await act(action as ActionName, root, repository, onPhase, again === "again");
  }
  say("done");
} catch (error) {
  const code = error instanceof InfieldError ? error.code : "unexpected";
  say(`failed ${code} ${error instanceof Error ? error.message : error}`);
}
