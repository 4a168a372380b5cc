/**
 * Laptops of the laboratory: roots installed once and copied, as from one image, and a real agent
 * in the namespace of each.
 */
import { execFile, execFileSync } from "node:child_process";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { promisify } from "node:util";
import {
  createIdentityRecord,
  readIdentity,
  writeIdentity,
} from "@infield/agent/src/store/root/identity.ts";
import { type AgentEvent, AgentProcess, INFIELD_COMMAND, infield } from "../../harness/infield.ts";
import { commandOf } from "../../harness/typescript.ts";
import { inNamespace, type Room, type Station } from "../../room/namespaces.ts";

/**
 * This machine's daemons are reached through files, whatever the namespace, and an avahi-daemon
 * speaks to this machine's network.
 */
const NO_DAEMONS = "DBUS_SYSTEM_BUS_ADDRESS=unix:path=/nonexistent";

export interface LabLaptop {
  readonly name: string;
  readonly station: Station;
  readonly root: string;
  readonly agent: AgentProcess;
}

/** Installs the newest release of a repository into a root, or brings the root there up to it. */
export async function installImage(repository: string, root: string): Promise<string> {
  await infield("install", repository, "--root", root);
  return root;
}

/** Copies a root; the copy is another laptop. */
export async function copyLaptop(image: string, root: string): Promise<void> {
  execFileSync("cp", ["-a", image, root]);
  const file = join(root, "identity.json");
  const known = await readIdentity(file);
  await writeIdentity(file, {
    ...createIdentityRecord(),
    ...(known?.channel && { channel: known.channel }),
  });
}

/**
 * Puts a copy of an image at each of these stations, starts its agent, and resolves when all are
 * ready.
 */
export async function seatLaptops(
  folder: string,
  stations: readonly Station[],
  imageOf: (station: Station) => string,
  ...options: readonly string[]
): Promise<LabLaptop[]> {
  const laptops: LabLaptop[] = [];
  for (const station of stations) {
    const name = `Laptop ${station.number}`;
    const root = join(folder, `laptop-${station.number}`);
    await copyLaptop(imageOf(station), root);
    laptops.push({ name, station, root, agent: startAgent(station, root, name, ...options) });
  }
  await Promise.all(laptops.map(({ agent }) => agent.until(({ event }) => event === "ready")));
  return laptops;
}

/** An agent as people run it, on every interface of its namespace. */
export function startAgent(
  { namespace }: Station,
  root: string,
  name: string,
  ...options: readonly string[]
): AgentProcess {
  const launch = inNamespace(namespace, "env", NO_DAEMONS, ...INFIELD_COMMAND);
  return new AgentProcess(["--root", root, "--name", name, ...options], launch);
}

/** Runs a command of `infield` on a laptop and gives its `--json` answer. */
export async function onLaptop<T>({ station, root }: LabLaptop, command: string): Promise<T> {
  const words = [...INFIELD_COMMAND, command, "--root", root, "--json"];
  return JSON.parse(await run(station.namespace, words)) as T;
}

export async function pageOf(laptop: LabLaptop): Promise<string> {
  return (await onLaptop<{ page: string }>(laptop, "status")).page;
}

/** Not `runIn`, as agents are listened to meanwhile. */
async function run(namespace: string, command: readonly string[]): Promise<string> {
  const [program, ...words] = inNamespace(namespace, ...command);
  return (await promisify(execFile)(program, words)).stdout;
}

/**
 * Hands a release over on a laptop's page, as a volunteer's browser does. Resolves when it is
 * stored there.
 */
export async function handOverOn(
  laptop: LabLaptop,
  repository: string,
  version: number,
): Promise<void> {
  await pressOn(laptop, "hand-over", repository, String(version));
}

/**
 * Presses the teacher's one button on a laptop. Resolves when that laptop has the release and
 * announces it.
 */
export async function updateClassroomOn(laptop: LabLaptop): Promise<void> {
  await pressOn(laptop, "update-classroom");
}

async function pressOn(laptop: LabLaptop, what: string, ...args: readonly string[]): Promise<void> {
  const press = commandOf(new URL("press.ts", import.meta.url));
  await run(laptop.station.namespace, [...press, await pageOf(laptop), what, ...args]);
}

/**
 * Resolves to true once every one of these laptops has confirmed `version`, to false when that
 * takes too long.
 */
export function allConfirmed(
  laptops: readonly LabLaptop[],
  version: number,
  longestMs: number,
): Promise<boolean> {
  return allTell(
    laptops,
    (event) => event.event === "confirmed" && event.version === version,
    longestMs,
  );
}

/**
 * Resolves to true once every one of these laptops has told such an event, to false when that takes
 * too long.
 */
export async function allTell(
  laptops: readonly LabLaptop[],
  fits: (event: AgentEvent) => boolean,
  longestMs: number,
): Promise<boolean> {
  const cancelled = new AbortController();
  const tooLong = wait(longestMs, false, { signal: cancelled.signal }).catch(() => false);
  const all = Promise.all(laptops.map(({ agent }) => agent.until(fits))).then(() => true);
  // An agent that ends before is not there either.
  const result = await Promise.race([all.catch(() => false), tooLong]);
  cancelled.abort();
  return result;
}

/** Ends all agents, as Ctrl-C would, and then the room. */
export async function leaveRoom(room: Room, laptops: readonly LabLaptop[]): Promise<void> {
  await Promise.all(laptops.map(({ agent }) => agent.stop()));
  room.close();
}
