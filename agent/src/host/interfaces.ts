/**
 * Which network interfaces an agent uses. They are looked up before anything is joined: joining a
 * group on an interface that does not exist succeeds silently on another one.
 */
import { type NetworkInterfaceInfo, networkInterfaces } from "node:os";
import { InfieldError } from "@infield/shared/base";

export interface NetworkInterface {
  readonly name: string;
  /** Its first IPv4 address. */
  readonly ipv4?: string;
  /**
   * IPv6 groups work on it: it has a link-local address. Loopback has none, and sending there fails
   * with ENETUNREACH.
   */
  readonly ipv6: boolean;
  /** Every address it has, link-local ones with their scope. */
  readonly addresses: readonly string[];
}

type Found = Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>;

/**
 * The interfaces of these names that run, or every one that runs and is not loopback, or loopback
 * when there is none.
 */
export function chooseInterfaces(
  names: readonly string[] | undefined,
  found: Found = networkInterfaces(),
): NetworkInterface[] {
  const chosen = names
    ? [...new Set(names)].filter((name) => Object.hasOwn(found, name))
    : allOuter(found);
  return chosen.map((name) => describe(name, found[name] ?? []));
}

function allOuter(found: Found): string[] {
  const all = Object.keys(found);
  const outer = all.filter((name) => found[name]?.some((info) => !info.internal));
  return outer.length > 0 ? outer : all;
}

/**
 * What to tell about named interfaces that do not run: a radio that is not up yet, or a name that
 * was mistyped; undefined when all do.
 */
export function missingInterface(
  names: readonly string[],
  found: Found = networkInterfaces(),
): InfieldError | undefined {
  const missing = names.filter((name) => !Object.hasOwn(found, name));
  if (missing.length === 0) return undefined;
  return new InfieldError(
    "network-interface",
    `there is no running network interface ${missing.map((name) => JSON.stringify(name)).join(" or ")} yet`,
    `it is used as soon as it runs; those that run now: ${Object.keys(found).join(", ")}`,
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

/** True when one of these interfaces has the address, which may be given without its scope. */
export function isAddressOf(interfaces: readonly NetworkInterface[], address: string): boolean {
  const [plain] = address.split("%");
  return interfaces.some((one) => one.addresses.some((own) => own.split("%")[0] === plain));
}
