/**
 * What Linux says of the network: cards, the way out, and who answered on the cable. Other systems
 * say nothing here.
 */
import { readFile } from "node:fs/promises";
import { type NetworkInterfaceInfo, networkInterfaces } from "node:os";
import { chooseInterfaces } from "../../host/interfaces.ts";

export interface Card {
  readonly name: string;
  readonly addresses: readonly string[];
  /** The flag that the driver sets; undefined where the system does not say. */
  readonly multicast: boolean | undefined;
  /** A tunnel to one other end: a VPN, a modem. */
  readonly tunnel: boolean | undefined;
}

export interface System {
  readonly cards: readonly Card[];
  /**
   * Where packets for elsewhere go: an interface, and the machine behind it, if the way leads over
   * one.
   */
  readonly wayOut?: { readonly interface: string; readonly gateway?: string };
}

/** Where the kernel's files are read from: a test has its own. Undefined: there is no such file. */
export type ReadSystemFile = (path: string) => Promise<string | undefined>;
export const readSystemFile: ReadSystemFile = (path) =>
  readFile(path, "utf8").catch(() => undefined);

/** Flags of an interface (linux/if.h). */
const [IFF_POINTOPOINT, IFF_MULTICAST] = [0x10, 0x1000];
/** `ATF_COM` of linux/if_arp.h: an answer came. */
const ATF_COM = 0x02;
/** `RTF_GATEWAY` of linux/route.h. */
const RTF_GATEWAY = 0x02;

type Found = Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>;

/**
 * The interfaces of these names that run; else all that run and are not loopback, or loopback when
 * there is none, as agents use it then.
 */
export async function readSystem(
  names: readonly string[] | undefined,
  read: ReadSystemFile = readSystemFile,
  found: Found = networkInterfaces(),
): Promise<System> {
  const cards = chooseInterfaces(names, found).map(async ({ name, addresses }): Promise<Card> => {
    const flags = Number(await read(`/sys/class/net/${name}/flags`));
    const has = (flag: number) => (Number.isNaN(flags) ? undefined : (flags & flag) !== 0);
    return { name, addresses, multicast: has(IFF_MULTICAST), tunnel: has(IFF_POINTOPOINT) };
  });
  const wayOut = readWayOut((await read("/proc/net/route")) ?? "");
  return { cards: await Promise.all(cards), ...(wayOut && { wayOut }) };
}

/**
 * The default route of IPv4 with the least metric (proc(5)): addresses are hex, the first byte
 * last.
 */
function readWayOut(table: string): System["wayOut"] {
  const routes = table.split("\n").map((line) => line.trim().split(/\s+/));
  const [best] = routes
    .filter(([, to, , , , , , mask]) => to === "00000000" && mask === "00000000")
    .sort((a, b) => Number(a[6]) - Number(b[6]));
  const [name, , via = "", flags] = best ?? [];
  if (name === undefined) return undefined;
  const gateway = via
    .match(/../g)
    ?.map((byte) => Number.parseInt(byte, 16))
    .reverse()
    .join(".");
  const isVia = (Number.parseInt(flags ?? "0", 16) & RTF_GATEWAY) !== 0;
  return { interface: name, ...(isVia && gateway !== undefined && { gateway }) };
}

/**
 * Whether the machine at an IPv4 address of the same network answered when its hardware address was
 * asked for: it is there, whatever else it refuses. Undefined when nobody asked, or the address is
 * of another network.
 */
export async function answersOnCable(
  address: string,
  read: ReadSystemFile = readSystemFile,
): Promise<boolean | undefined> {
  const lines = ((await read("/proc/net/arp")) ?? "").split("\n").map((line) => line.split(/\s+/));
  const flags = lines.find(([ip]) => ip === address)?.[2];
  return flags === undefined ? undefined : (Number(flags) & ATF_COM) !== 0;
}
