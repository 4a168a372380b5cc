/**
 * `npm run bench:memory -- FOLDER`: how much an agent's memory rises while it applies a delta.
 * FOLDER holds old and new. A real agent at version 1 is handed version 2 and told to update; its
 * peak (VmHWM) is reset just before. Linux only.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createTwoReleases } from "../../harness/channel.ts";
import { startClassroom } from "../../harness/classroom.ts";
import { handOver, updateClassroom } from "../../harness/page-client.ts";
import { removeTempFolders, tempFolder } from "../../harness/temp.ts";

const pair = process.argv[2];
if (pair === undefined) {
  console.error(
    "bench:memory: give a folder that holds old and new, for instance: npm run bench:memory -- corpus-data/whl-native",
  );
  process.exit(2);
}
process.on("exit", removeTempFolders);
const folder = tempFolder("memory");
const trees = { old: join(pair, "old"), next: join(pair, "new") };
const { first, repository } = await createTwoReleases(folder, "Memory", trees);
const classroom = await startClassroom({ folder, repository: first, port: 0, laptops: [] });
await handOver(repository, 2, classroom.page);

const { pid } = classroom.teacher.agent;
const before = kibibytes(pid, "VmRSS");
writeFileSync(`/proc/${pid}/clear_refs`, "5");
await updateClassroom(classroom.page);
const peak = kibibytes(pid, "VmHWM");
await classroom.stop();
console.log(
  [
    "| at rest, MiB | peak while applying, MiB | rise, MiB |",
    "|---|---|---|",
    `| ${mib(before)} | ${mib(peak)} | ${mib(peak - before)} |`,
  ].join("\n"),
);

function kibibytes(of: number, field: "VmRSS" | "VmHWM"): number {
  return Number(
    new RegExp(`${field}:\\s+(\\d+)`).exec(readFileSync(`/proc/${of}/status`, "utf8"))?.[1],
  );
}

function mib(kib: number): string {
  return (kib / 1024).toFixed(1);
}
