/**
 * Runs in the machine whose power is cut, alone: takes one order a line and says how it goes, on
 * the serial port. `warm` does everything once in memory, so that what follows is not the first
 * time; `act FILESYSTEM ACTION` mounts the disk and does the action.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { createInterface } from "node:readline";
import { type ActionName, act, prepare } from "../../faults/scene/actions.ts";

const REPOSITORY = "/scene/repository";
const DISK = "/dev/vda";

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function warm(): Promise<void> {
  for (const name of ["update", "rollback", "prune"] as const) {
    const root = `/tmp/${name}`;
    mkdirSync(root);
    await prepare(name, root, REPOSITORY);
    await act(name, root, REPOSITORY, () => {}, false);
  }
}

async function actOnDisk(filesystem: string, action: string): Promise<void> {
  // What the kernel has read of the disk was another disk's.
  execFileSync("blockdev", ["--flushbufs", DISK]);
  execFileSync("mount", ["-t", filesystem, DISK, "/disk"]);
  say("mounted");
  const onPhase = (phase: string) => say(`phase ${phase}`);
  await act(action as ActionName, "/disk/root", REPOSITORY, onPhase, false);
}

async function obey(order: string): Promise<void> {
  const [what, filesystem = "", action = ""] = order.split(" ");
  if (what === "warm") await warm();
  else await actOnDisk(filesystem, action);
}

say("ready");
for await (const order of createInterface({ input: process.stdin })) {
  await obey(order).then(
    () => say("done"),
    (error: unknown) => say(`failed ${error instanceof Error ? error.message : error}`),
  );
}
