/**
 * `npm run bench:presence [-- SETTLE_SECONDS QUIET_SECONDS]`: what presence costs a laptop at rest.
 * Two rooms of ten laptops each, one with `--no-presence`, one in which all tell of themselves, the
 * first of them by an avahi-daemon. Linux, as root (e2e/src/lab/).
 */
import { setTimeout as wait } from "node:timers/promises";
import { formatMebibytes, formatTable } from "../../figures/table.ts";
import { AgentProcess, INFIELD_COMMAND } from "../../harness/infield.ts";
import { countWakings, readMemory } from "../../harness/process-cost.ts";
import { removeTempFolders, tempFolder } from "../../harness/temp.ts";
import { startAvahi } from "../../room/avahi.ts";
import { inNamespace, openRoom, type Station } from "../../room/namespaces.ts";

const SETTLE_SECONDS = Number(process.argv[2] ?? 265);
const QUIET_SECONDS = Number(process.argv[3] ?? 100);
const LAPTOPS = 10;
const CHANNEL = "ab".repeat(32);
const NO_BUS = "unix:path=/nonexistent";

process.on("exit", removeTempFolders);

/** They have nothing installed, so that nothing but presence is told. */
function start({ namespace }: Station, bus: string, ...more: string[]): AgentProcess {
  const environment = ["env", `DBUS_SYSTEM_BUS_ADDRESS=${bus}`];
  const launch = inNamespace(namespace, ...environment, ...INFIELD_COMMAND);
  return new AgentProcess(
    ["--root", tempFolder("presence"), "--channel", CHANNEL, ...more],
    launch,
  );
}

const rooms = [openRoom(LAPTOPS), openRoom(LAPTOPS)] as const;
const [silent, telling] = rooms.map(({ stations }) => stations) as [Station[], Station[]];
const [first] = telling as [Station];
const avahi = await startAvahi(first);
const kinds = [
  { name: "--no-presence", agents: silent.map((one) => start(one, NO_BUS, "--no-presence")) },
  {
    name: "told by avahi-daemon",
    agents: [start(first, avahi.environment.DBUS_SYSTEM_BUS_ADDRESS)],
  },
  { name: "told by itself", agents: telling.slice(1).map((one) => start(one, NO_BUS)) },
];
const all = kinds.flatMap(({ agents }) => agents);
await Promise.all(all.map((agent) => agent.until(({ event }) => event === "ready")));

await wait(SETTLE_SECONDS * 1000);
const wakingsNow = () => new Map(all.map(({ pid }) => [pid, countWakings(pid)]));
const before = wakingsNow();
await wait(QUIET_SECONDS * 1000);
const after = wakingsNow();
const mean = (agents: readonly AgentProcess[], measure: (pid: number) => number) =>
  agents.reduce((sum, { pid }) => sum + measure(pid), 0) / agents.length;
const often = (pid: number) =>
  (((after.get(pid) ?? 0) - (before.get(pid) ?? 0)) / QUIET_SECONDS) * 10;
console.log(
  formatTable(
    ["", "laptops", "of its own (USS), MiB", "wakings in 10 s", "neighbours seen"],
    kinds.map(({ name, agents }) => [
      name,
      String(agents.length),
      formatMebibytes(mean(agents, (pid) => readMemory(pid).uss)),
      mean(agents, often).toFixed(2),
      String(Math.min(...agents.map(({ events }) => seen(events)))),
    ]),
  ),
);
await Promise.all(all.map((agent) => agent.stop()));
for (const room of rooms) room.close();

/** Laptops that appeared. */
function seen(events: AgentProcess["events"]): number {
  return new Set(events.filter(({ event }) => event === "neighbour").map(({ id }) => id)).size;
}
