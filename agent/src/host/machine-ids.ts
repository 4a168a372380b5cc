/** What tells this machine from every other: its cards and its board, hashed. */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** A card whose address is its own, and not drawn or set (linux/netdevice.h: NET_ADDR_PERM). */
const PERMANENT = "0";
/** Serial numbers of the board, of a PC and of a device tree; most only root can read. */
const BOARD_FILES = ["class/dmi/id/product_uuid", "firmware/devicetree/base/serial-number"];
/** Makers that give every board the same number: all of one digit, or counted up. */
const PLACEHOLDER = /^(?:0+|f+|0*3000200040005000006000700080009)$/;

/**
 * 16 hex digits each, sorted; none where nothing can be told, as in most containers. `sys` is the
 * kernel's own folder of devices.
 */
export function readMachineIds(sys = "/sys"): string[] {
  const found = [...readCards(join(sys, "class/net")), ...readBoard(sys)];
  return found
    .map((id) => createHash("sha256").update(`infield ${id}`).digest("hex").slice(0, 16))
    .sort();
}

function readCards(folder: string): string[] {
  return list(folder).flatMap((name) => {
    const card = join(folder, name);
    const isCard =
      existsSync(join(card, "device")) && read(join(card, "addr_assign_type")) === PERMANENT;
    const address = isCard ? read(join(card, "address")) : "";
    return /[1-9a-f]/.test(address) ? [address] : [];
  });
}

function readBoard(sys: string): string[] {
  const numbers = BOARD_FILES.map((file) => read(join(sys, file)).toLowerCase());
  return numbers.filter((number) => {
    const digits = number.replace(/[^0-9a-z]/g, "");
    return digits !== "" && !PLACEHOLDER.test(digits);
  });
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Empty when it cannot be read. */
function read(file: string): string {
  try {
    return readFileSync(file, "utf8").replace(/\0/g, "").trim();
  } catch {
    return "";
  }
}
