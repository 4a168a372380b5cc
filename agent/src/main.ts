/** The command line `infield`: read the words, run the command, say how it went. */
import packageJson from "../package.json" with { type: "json" };
import { runCommand } from "./cli/handlers.ts";
import { openTerminal, reportFailure, type Terminal } from "./cli/output/terminal.ts";
import { readRequest } from "./cli/parse/arguments.ts";
import { formatHelp } from "./cli/parse/help.ts";
import { listenForInterrupt } from "./cli/parse/interrupt.ts";

const words = process.argv.slice(2);
const json = words.includes("--json");
try {
  process.exitCode = await run(openTerminal(listenForInterrupt()));
} catch (error) {
  process.exitCode = reportFailure(error, json);
}

async function run(terminal: Terminal): Promise<number> {
  const request = readRequest(words);
  switch (request.kind) {
    case "version":
      terminal.print(packageJson.version);
      return 0;
    case "help":
      terminal.print(formatHelp(request.topic));
      return 0;
    case "run": {
      const outcome = await runCommand(request.call, terminal);
      if (outcome) terminal.print(json ? JSON.stringify(outcome.data) : outcome.text);
      return outcome?.exitCode ?? 0;
    }
  }
}
