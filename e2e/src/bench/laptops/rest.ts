/**
 * `npm run bench:rest [-- SETTLE_SECONDS QUIET_SECONDS]`: what an agent costs while nothing
 * happens, beside a bare Node that has loaded `ws`: memory, and how often it wakes the processor.
 * One agent alone, and two that have just updated from each other and so know each other. Linux
 * only.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { formatMebibytes, formatTable } from "../../figures/table.ts";
import { createChannel, createTwoReleases } from "../../harness/channel.ts";
import { startClassroom } from "../../harness/classroom.ts";
import { handOver, updateClassroom } from "../../harness/page-client.ts";
import { countWakings, readMemory } from "../../harness/process-cost.ts";
import { removeTempFolders, tempFolder } from "../../harness/temp.ts";
import { writeSampleTrees } from "../../trees/sample.ts";

/** Announcements come ever more seldom (Trickle): after this, one in some minutes. */
const SETTLE_SECONDS = Number(process.argv[2] ?? 265);
const QUIET_SECONDS = Number(process.argv[3] ?? 100);

process.on("exit", removeTempFolders);
const folder = tempFolder("rest");
const trees = writeSampleTrees(folder);
const { first, repository } = await createTwoReleases(folder, "Rest", trees);
const room = await startClassroom({ folder, repository: first, port: 0, laptops: ["Amina"] });
await handOver(repository, 2, room.page);
await updateClassroom(room.page);
for (const { agent } of room.laptops)
  await agent.until(({ event, version }) => event === "confirmed" && version === 2);
const alone = await startAlone();
const bare = startBare();

const watched = [
  { name: "Node with ws", pid: bare.pid ?? 0 },
  { name: "agent that nobody answers", pid: alone.teacher.agent.pid },
  { name: "agent that gave its neighbour an update", pid: room.teacher.agent.pid },
  { name: "agent that took it", pid: room.laptops[0]?.agent.pid ?? 0 },
];
await wait(SETTLE_SECONDS * 1000);
const before = watched.map(({ pid }) => countWakings(pid));
await wait(QUIET_SECONDS * 1000);
const wakings = watched.map(({ pid }, index) => countWakings(pid) - (before[index] ?? 0));
const memory = watched.map(({ pid }) => readMemory(pid));
console.log(
  formatTable(
    [
      "",
      "RSS, MiB",
      "PSS, MiB",
      "of its own (USS), MiB",
      "USS beyond Node with ws",
      "wakings in 10 s",
    ],
    watched.map(({ name }, index) => {
      const { rss, pss, uss } = memory[index] ?? { rss: 0, pss: 0, uss: 0 };
      const beyond = uss - (memory[0]?.uss ?? 0);
      const often = (((wakings[index] ?? 0) / QUIET_SECONDS) * 10).toFixed(2);
      return [name, ...[rss, pss, uss, beyond].map(formatMebibytes), often];
    }),
  ),
);
bare.kill();
await Promise.all([room.stop(), alone.stop()]);

/** Of another channel, so that it hears nothing of the other two. */
async function startAlone() {
  const elsewhere = join(folder, "alone");
  const { repository, release } = await createChannel(elsewhere, "Alone");
  await release(trees.old);
  return startClassroom({ folder: elsewhere, repository, port: 0, laptops: [] });
}

function startBare(): ChildProcess {
  const script = 'import "ws"; setInterval(() => {}, 2 ** 30);';
  return spawn(process.execPath, ["--input-type=module", "--eval", script], {
    cwd: fileURLToPath(new URL("../../..", import.meta.url)),
    stdio: "ignore",
  });
}
