/**
 * A room on this machine: network namespaces ("stations"), one a laptop, on one bridge in a
 * namespace of its own. Nothing of it touches the machine's own interfaces, and no packet can leave
 * it. Linux, as root, with `ip`.
 *
 * Names begin with `infield-` and the process id of whoever made them, so that a room whose maker
 * was killed is known as such, and removed by the next one.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { findOnPath } from "../harness/find-on-path.ts";

/** One laptop's place in the room. Its interface is called `eth0`. */
export interface Station {
  /** From 1. */
  readonly number: number;
  /** Of the network namespace. */
  readonly namespace: string;
  /** The bridge's port towards it. */
  readonly port: string;
  readonly mac: string;
  readonly ipv4: string;
  /** Link-local, without scope. */
  readonly ipv6: string;
}

export interface Room {
  readonly stations: readonly Station[];
  /** The namespace that has the bridge `air` and every port. */
  readonly air: string;
  /** Ends every process in the room and removes it. */
  close(): void;
}

const PREFIX = "infield-";
/** So that the MAC addresses, which are derived from numbers, stay distinct. */
const MAX_STATIONS = 250;

/** Why a room cannot be made here; undefined when it can. */
export const LACKS_ROOMS = findObstacle();
/** Says in a test's name why it may be skipped. */
export const WITH_ROOMS = LACKS_ROOMS ? `(skipped: ${LACKS_ROOMS})` : "";

const opened = new Set<Room>();
process.on("exit", () => {
  for (const room of opened) room.close();
});
let rooms = 0;

/**
 * Makes a room; what was left by processes that are gone is removed first. It is closed when this
 * process exits.
 */
export function openRoom(stationCount: number): Room {
  if (stationCount > MAX_STATIONS) throw new Error(`a room has room for ${MAX_STATIONS} stations`);
  removeAbandoned();
  rooms++;
  const names = `${PREFIX}${process.pid}-${rooms}`;
  const air = `${names}-air`;
  const stations = Array.from({ length: stationCount }, (_, index) =>
    describeStation(names, index + 1),
  );
  const namespaces = [air, ...stations.map((station) => station.namespace)];
  const room: Room = {
    stations,
    air,
    close() {
      opened.delete(room);
      removeNamespaces(namespaces);
    },
  };
  opened.add(room);
  try {
    batch(
      [],
      namespaces.map((name) => `netns add ${name}`),
    );
    // No snooping: without a querier a bridge that snoops floods anyway, at first, and then loses
    // groups.
    batch(
      ["-n", air],
      ["link add air type bridge mcast_snooping 0", "link set air up", "link set lo up"],
    );
    for (const station of stations) plugIn(station, air);
  } catch (error) {
    room.close();
    throw error;
  }
  return room;
}

/**
 * A command line that runs in a namespace, in place of the one given: the process id stays that of
 * the command.
 */
export function inNamespace(
  namespace: string,
  ...command: readonly string[]
): [string, ...string[]] {
  return ["ip", "netns", "exec", namespace, ...command];
}

/** Runs a command in a namespace to its end and gives what it prints. */
export function runIn(namespace: string, command: readonly string[], input = ""): string {
  const [program, ...args] = inNamespace(namespace, ...command);
  return execFileSync(program, args, { input, encoding: "utf8", maxBuffer: 1 << 26 });
}

/** Removes the rooms of processes that are gone; gives how many namespaces that were. */
export function removeAbandoned(): number {
  const abandoned = listNamespaces().filter((name) => {
    const maker = new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1];
    return maker !== undefined && !existsSync(`/proc/${maker}`);
  });
  removeNamespaces(abandoned);
  return abandoned.length;
}

function describeStation(names: string, number: number): Station {
  const last = number.toString(16).padStart(2, "0");
  return {
    number,
    namespace: `${names}-${number}`,
    port: `port${number}`,
    mac: `02:00:00:00:00:${last}`,
    ipv4: `10.77.0.${number}`,
    // From the MAC address, with the bit flipped that says who assigned it (RFC 4291, appendix A).
    ipv6: `fe80::ff:fe00:${number.toString(16)}`,
  };
}

/**
 * A cable from the bridge to the station. One segment a packet: else a "packet" that is lost or
 * counted would be up to 64 KiB, which the sender's card would only cut on a real cable.
 */
function plugIn({ namespace, port, mac, ipv4 }: Station, air: string): void {
  // Duplicate address detection takes a second, in which link-local addresses cannot be used (RFC
  // 4862, 5.4).
  const setDad = "echo 0 > /proc/sys/net/ipv6/conf/default/accept_dad";
  runIn(namespace, ["sh", "-c", setDad]);
  batch(
    ["-n", air],
    [
      `link add ${port} gso_max_segs 1 type veth peer name eth0 netns ${namespace} address ${mac} gso_max_segs 1`,
      `link set ${port} master air`,
      `link set ${port} up`,
    ],
  );
  batch(["-n", namespace], ["link set lo up", "link set eth0 up", `addr add ${ipv4}/16 dev eth0`]);
}

function batch(options: readonly string[], lines: readonly string[]): void {
  const input = lines.map((line) => `${line}\n`).join("");
  execFileSync("ip", [...options, "-batch", "-"], { input, stdio: ["pipe", "ignore", "pipe"] });
}

function listNamespaces(): string[] {
  return ask("netns", "list")
    .split("\n")
    .map((line) => line.split(" ")[0] ?? "");
}

/**
 * Processes first: a namespace lives as long as one of them does. Another process may be removing
 * the same ones.
 */
function removeNamespaces(names: readonly string[]): void {
  const there = new Set(listNamespaces());
  for (const name of names.filter((one) => there.has(one))) {
    for (const pid of ask("netns", "pids", name).split("\n").filter(Boolean)) {
      // By its number, and for good: what ended meanwhile is no matter.
      spawnSync("kill", ["-9", pid], { stdio: "ignore" });
    }
    ask("netns", "delete", name);
  }
}

/** What `ip` prints; nothing when it fails. */
function ask(...args: readonly string[]): string {
  return spawnSync("ip", args, { encoding: "utf8" }).stdout ?? "";
}

function findObstacle(): string | undefined {
  if (process.platform !== "linux") return "network namespaces need Linux";
  if (process.getuid?.() !== 0) return "network namespaces need root";
  const missing = ["ip", "tc", "nft"].filter((program) => findOnPath([program]) === undefined);
  if (missing.length > 0) return `there is no ${missing.join(" and no ")} here`;
  const name = `${PREFIX}${process.pid}-try`;
  const needs = [
    ["ip", "netns", "add", name],
    ["ip", "-n", name, "link", "add", "bridge0", "type", "bridge"],
    ["ip", "-n", name, "link", "add", "medium0", "type", "ifb"],
    ["ip", "-n", name, "link", "add", "port0", "type", "veth", "peer", "name", "port1"],
    inNamespace(name, "tc", "qdisc", "add", "dev", "medium0", "root", "handle", "1:", "htb"),
    inNamespace(name, "nft", "add table bridge t"),
  ] as const;
  try {
    for (const [program, ...args] of needs) execFileSync(program, args, { stdio: "ignore" });
    return undefined;
  } catch (error) {
    return `this kernel or container refuses: ${error instanceof Error ? error.message : error}`;
  } finally {
    removeNamespaces([name]);
  }
}
