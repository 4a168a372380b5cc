/**
 * Which network interfaces an agent uses. They are looked up before anything is joined: joining a group on an interface
 * that does not exist succeeds silently on another one.
 */
import { type NetworkInterfaceInfo, networkInterfaces } from "node:os";
import { InfieldError } from "@infield/shared";

export interface NetworkInterface {
  readonly name: string;
  /** Its first IPv4 address. */
  readonly ipv4?: string;
  /** IPv6 groups work on it: it has a link-local address. Loopback has none, and sending there fails with ENETUNREACH. */
  readonly ipv6: boolean;
  /** Every address it has, link-local ones with their scope: what a listener binds to. */
  readonly addresses: readonly string[];
}

type Found = Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>;

/**
 * The interfaces of these names, or every one that runs and is not loopback, or loopback when there is none.
 * Throws `network-interface` for a name that does not exist or has no address.
 */
export function chooseInterfaces(
  names: readonly string[] | undefined,
  found: Found = networkInterfaces(),
): NetworkInterface[] {
  if (names !== undefined) return names.map((name) => requireInterface(name, found));
  const all = Object.keys(found);
  const outer = all.filter((name) => found[name]?.some((info) => !info.internal));
  return (outer.length > 0 ? outer : all).map((name) => describe(name, found[name] ?? []));
}

function requireInterface(name: string, found: Found): NetworkInterface {
  const infos = Object.hasOwn(found, name) ? found[name] : undefined;
  if (infos?.length) return describe(name, infos);
  const known = Object.keys(found).join(", ");
  throw new InfieldError(
    "network-interface",
    `there is no running network interface ${JSON.stringify(name)}`,
    `use one of these: ${known}`,
  );
}

function describe(name: string, infos: readonly NetworkInterfaceInfo[]): NetworkInterface {
  const ipv4 = infos.find((info) => info.family === "IPv4")?.address;
  const isLinkLocal = (info: NetworkInterfaceInfo) => info.family === "IPv6" && info.scopeid > 0;
  return {
    name,
    ...(ipv4 !== undefined && { ipv4 }),
    ipv6: infos.some(isLinkLocal),
    addresses: infos.map((info) => (isLinkLocal(info) ? `${info.address}%${name}` : info.address)),
  };
}
