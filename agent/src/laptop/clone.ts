/**
 * Laptops that were copied from one image, with a root in it: each would be the same laptop to the
 * others, and hear none of its copies. ROOT/machine.json says on which machine the root was used
 * last; on another one it becomes another laptop, that follows the same channel.
 */
import { randomBytes } from "node:crypto";
import { readFile, rm } from "node:fs/promises";
import { InfieldError } from "@infield/shared/base";
import { parseRecord } from "@infield/shared/records";
import * as v from "valibot";
import { replaceFile } from "../host/durable.ts";
import { errorCode } from "../host/file-source.ts";
import { toIoError } from "../host/io-error.ts";
import { readMachineIds } from "../host/machine-ids.ts";
import {
  createIdentityRecord,
  type IdentityRecord,
  readIdentity,
  writeIdentity,
} from "../store/root/identity.ts";
import { type Layout, layoutOf } from "../store/root/layout.ts";
import { lockRoot } from "../store/root/lock.ts";

/** Cards and boards of one machine. */
const MAX_MACHINE_IDS = 64;

const MachineSchema = v.strictObject({
  infield: v.literal("machine 1"),
  ids: v.pipe(v.array(v.pipe(v.string(), v.regex(/^[0-9a-f]{16}$/))), v.maxLength(MAX_MACHINE_IDS)),
  /**
   * At the next start whatever the machine is: `all`, as after `infield seal`; `id`, as another
   * laptop was heard that has this one's id. That is a claim, so keys stay.
   */
  renew: v.optional(v.picklist(["all", "id"])),
});
type Machine = v.InferOutput<typeof MachineSchema>;

/**
 * Makes the root another laptop, where it has come to another machine, and notes this one. Resolves
 * to the laptop id it had before, else to undefined. Throws `root-busy`, `record-invalid`,
 * `no-space`, `io-failed`.
 */
export async function renewClone(
  root: string,
  ids: readonly string[] = readMachineIds(),
): Promise<string | undefined> {
  const layout = layoutOf(root);
  if ((await readIdentity(layout.identityFile)) === undefined) return undefined;
  const unlock = await lockRoot(root);
  try {
    const identity = await readIdentity(layout.identityFile);
    const before = await readMachine(layout);
    const renewed = identity && renew(identity, before, ids);
    if (renewed) await writeIdentity(layout.identityFile, renewed);
    if (ids.length > 0 || before?.renew) await writeMachine(layout, { ids: [...ids] });
    return renewed && identity.laptopId;
  } finally {
    await unlock();
  }
}

function renew(
  identity: IdentityRecord,
  before: Machine | undefined,
  ids: readonly string[],
): IdentityRecord | undefined {
  if (before === undefined) return undefined;
  const { channel } = identity;
  const isElsewhere =
    before.ids.length > 0 && ids.length > 0 && !before.ids.some((id) => ids.includes(id));
  if (before.renew === "all" || isElsewhere)
    return { ...createIdentityRecord(), ...(channel && { channel }) };
  if (before.renew === "id") return { ...identity, laptopId: randomBytes(8).toString("hex") };
  return undefined;
}

/** Another laptop was heard that has this one's id: this one takes another at its next start. */
export async function noteClone(root: string): Promise<void> {
  const layout = layoutOf(root);
  const { ids } = (await readMachine(layout)) ?? { ids: [] };
  await writeMachine(layout, { ids, renew: "id" });
}

/**
 * Makes a root ready to be copied: what belongs to one laptop is gone from it, and each copy
 * becomes a laptop of its own when its agent starts. The caller holds the lock. Throws `no-space`,
 * `io-failed`.
 */
export async function sealRoot(root: string): Promise<void> {
  const layout = layoutOf(root);
  const channel = (await readIdentity(layout.identityFile))?.channel;
  await writeMachine(layout, { ids: [], renew: "all" });
  await writeIdentity(layout.identityFile, {
    ...createIdentityRecord(),
    ...(channel && { channel }),
  });
  for (const file of [layout.peersFile, layout.waitingFile, layout.agentFile])
    await rm(file, { force: true });
}

/** Undefined when there is none, or none that can be read: then this machine is noted anew. */
async function readMachine({ machineFile }: Layout): Promise<Machine | undefined> {
  try {
    return parseRecord(MachineSchema, await readFile(machineFile, "utf8"), "machine.json");
  } catch (error) {
    if (errorCode(error) === "ENOENT" || error instanceof InfieldError) return undefined;
    throw toIoError(error, `read ${JSON.stringify(machineFile)}`);
  }
}

async function writeMachine(
  { machineFile }: Layout,
  machine: Omit<Machine, "infield">,
): Promise<void> {
  const content = JSON.stringify({ infield: "machine 1", ...machine }, undefined, 2);
  await replaceFile(machineFile, `${content}\n`, 0o600);
}
