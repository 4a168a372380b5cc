/**
 * Whether this machine runs on mains power: what only helps others waits until it costs no battery.
 */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** Where Linux says what feeds the machine (Documentation/ABI/testing/sysfs-class-power). */
const SUPPLIES = "/sys/class/power_supply";

/**
 * True on mains power: a supply that is online, a battery that is not being drained, or no battery
 * at all, as in a desktop or a server. Batteries of a mouse or a pen (`scope` Device) say nothing.
 * What cannot be read counts as absent.
 */
export async function isOnMains(folder: string = SUPPLIES): Promise<boolean> {
  const names = await readdir(folder).catch(() => []);
  const supplies = await Promise.all(names.map((name) => readSupply(join(folder, name))));
  const batteries = supplies.filter(({ type, scope }) => type === "Battery" && scope !== "Device");
  return (
    batteries.length === 0 ||
    supplies.some(({ online }) => online === "1") ||
    batteries.every(({ status }) => status !== "Discharging")
  );
}

async function readSupply(folder: string) {
  const [type, scope, online, status] = await Promise.all(
    ["type", "scope", "online", "status"].map((name) =>
      readFile(join(folder, name), "utf8").then(
        (text) => text.trim(),
        () => "",
      ),
    ),
  );
  return { type, scope, online, status };
}
