/**
 * Addresses of this laptop that others in the room can type: what its page shows, and what `infield
 * peers` prints.
 */
import { readFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { MAX_SHOWN_ADDRESSES } from "@infield/shared/base";

export interface OwnAddress {
  readonly interface: string;
  readonly host: string;
}

/**
 * Of these interfaces, or of all: the ones of cards before those of bridges and tunnels, IPv4
 * first, as it is easier to read out. Link-local IPv6 addresses are left out: what they need, the
 * name of an interface, is another one on each machine.
 */
export function ownAddresses(
  names: readonly string[] | undefined,
  found: ReturnType<typeof networkInterfaces> = networkInterfaces(),
): OwnAddress[] {
  const usable = Object.entries(found).filter(
    ([name]) => names === undefined || names.includes(name),
  );
  const outer = usable.filter(([, infos]) => infos?.some((info) => !info.internal));
  return (outer.length > 0 ? outer : usable)
    .flatMap(([name, infos = []]) =>
      infos
        .filter(({ family, scopeid = 0 }) => family === "IPv4" || scopeid === 0)
        .map(({ family, address }) => ({
          interface: name,
          host: address,
          order: orderOf(name, family),
        })),
    )
    .sort((a, b) => a.order - b.order)
    .slice(0, MAX_SHOWN_ADDRESSES)
    .map(({ order, ...address }) => address);
}

function orderOf(name: string, family: string): number {
  return (isCard(name) ? 0 : 2) + (family === "IPv4" ? 0 : 1);
}

/**
 * Linux names the hardware behind a card; bridges, tunnels and containers' interfaces have none.
 */
function isCard(name: string): boolean {
  try {
    return readFileSync(`/sys/class/net/${name}/device/uevent`) !== undefined;
  } catch {
    return false;
  }
}
