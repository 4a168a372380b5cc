/**
 * Which code runs a command. Each is loaded only when it is asked for: `infield --version` starts
 * in a blink.
 */

import type { Outcome, Terminal } from "./output/terminal.ts";
import type { CommandCall } from "./parse/arguments.ts";
import type { CommandName, Input } from "./parse/commands.ts";
import { checkNoFile } from "./parse/input-file.ts";

/** Runs a command; what it resolves to is printed. Undefined: it has printed everything itself. */
type Handler<K extends CommandName> = (
  input: Input<K>,
  terminal: Terminal,
) => Promise<Outcome | undefined>;

const HANDLERS: { readonly [K in CommandName]: () => Promise<Handler<K>> } = {
  "delta create": async () => (await import("./prepare/delta-create.ts")).runDeltaCreate,
  "delta apply": async () => (await import("./prepare/delta-apply.ts")).runDeltaApply,
  "delta inspect": async () => (await import("./prepare/delta-inspect.ts")).runDeltaInspect,
  "channel create": async () => (await import("./prepare/channel-create.ts")).runChannelCreate,
  "release create": async () => (await import("./prepare/release-create.ts")).runReleaseCreate,
  install: async () => (await import("./laptop/install.ts")).runInstall,
  status: async () => (await import("./laptop/status.ts")).runStatus,
  verify: async () => (await import("./laptop/verify.ts")).runVerify,
  confirm: async () => (await import("./laptop/confirm.ts")).runConfirm,
  rollback: async () => (await import("./laptop/rollback.ts")).runRollback,
  seal: async () => (await import("./laptop/seal.ts")).runSeal,
  hold: async () => (await import("./laptop/hold.ts")).runHold,
  resume: async () => (await import("./laptop/resume.ts")).runResume,
  doctor: async () => (await import("./laptop/doctor.ts")).runDoctor,
  prune: async () => (await import("./laptop/prune.ts")).runPrune,
  update: async () => (await import("./laptop/update.ts")).runUpdate,
  connect: async () => (await import("./network/connect.ts")).runConnect,
  disconnect: async () => (await import("./network/disconnect.ts")).runDisconnect,
  peers: async () => (await import("./network/peers.ts")).runPeers,
  sleep: async () => (await import("./network/sleep.ts")).runSleep,
  wake: async () => (await import("./network/sleep.ts")).runWake,
  groups: async () => (await import("./network/groups.ts")).runGroups,
  agent: async () => (await import("./network/agent.ts")).runAgent,
};

export async function runCommand(
  call: CommandCall,
  terminal: Terminal,
): Promise<Outcome | undefined> {
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
