/** Which code runs a command. Each is loaded only when it is asked for: `infield --version` starts in a blink. */
import type { CommandCall } from "./arguments.ts";
import type { CommandName, Input } from "./commands.ts";
import { checkNoFile } from "./input-file.ts";
import type { Outcome, Terminal } from "./terminal.ts";

/** Runs a command; what it resolves to is printed. Undefined: it has printed everything itself. */
type Handler<K extends CommandName> = (input: Input<K>, terminal: Terminal) => Promise<Outcome | undefined>;

const HANDLERS: { readonly [K in CommandName]: () => Promise<Handler<K>> } = {
  "delta create": async () => (await import("./delta-create.ts")).runDeltaCreate,
  "delta apply": async () => (await import("./delta-apply.ts")).runDeltaApply,
  "delta inspect": async () => (await import("./delta-inspect.ts")).runDeltaInspect,
  "channel create": async () => (await import("./channel-create.ts")).runChannelCreate,
  "release create": async () => (await import("./release-create.ts")).runReleaseCreate,
  install: async () => (await import("./install.ts")).runInstall,
  status: async () => (await import("./status.ts")).runStatus,
  verify: async () => (await import("./verify.ts")).runVerify,
  rollback: async () => (await import("./rollback.ts")).runRollback,
  hold: async () => (await import("./hold.ts")).runHold,
  resume: async () => (await import("./resume.ts")).runResume,
  doctor: async () => (await import("./doctor.ts")).runDoctor,
  prune: async () => (await import("./prune.ts")).runPrune,
  update: async () => (await import("./update.ts")).runUpdate,
  connect: async () => (await import("./connect.ts")).runConnect,
  disconnect: async () => (await import("./disconnect.ts")).runDisconnect,
  peers: async () => (await import("./peers.ts")).runPeers,
  sleep: async () => (await import("./sleep.ts")).runSleep,
  wake: async () => (await import("./sleep.ts")).runWake,
  groups: async () => (await import("./groups.ts")).runGroups,
  agent: async () => (await import("./agent.ts")).runAgent,
};

export async function runCommand(call: CommandCall, terminal: Terminal): Promise<Outcome | undefined> {
  await checkFolders(call.input);
  // TypeScript cannot see that the name and the input of one call belong to the same command.
  const handler = (await HANDLERS[call.name]()) as Handler<CommandName>;
  return handler(call.input as never, terminal);
}

/** Said alike for every command: what the options of a folder name is no file. */
async function checkFolders(input: CommandCall["input"]): Promise<void> {
  if ("root" in input) await checkNoFile(input.root);
  if ("directory" in input) await checkNoFile(input.directory);
}
