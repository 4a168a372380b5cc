/**
 * `npm run bench:store [-- ROUNDS]`: an update of one file in twenty, by a real agent from a blob that it has already, against
 * `rsync -a --link-dest` and `sync` of the same change. Both from a warm cache, on one disk, by turns; medians.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, watch } from "node:fs";
import { join } from "node:path";
import { formatBytes, type Level } from "@infield/shared";
import { startClassroom } from "../classroom.ts";
import { infield } from "../infield.ts";
import { handOver, updateClassroom } from "../page-client.ts";
import { removeTempFolders, tempFolder } from "../temp.ts";
import { findMissing } from "./peers/installed.ts";
import { formatRatio, formatTable } from "./table.ts";
import { diskBytes, type UpdatePair, writeUpdatePair } from "./update-trees.ts";

/** What an update took: seconds, and bytes on the disk beside the version before. */
interface Cost {
  readonly seconds: number;
  readonly grown: number;
}
type Round = Readonly<Record<"ours" | "theirs", Cost>>;

const LEVELS: readonly Level[] = ["fast", "default"];
const rounds = Number(process.argv[2] ?? 5);
const missing = findMissing(["rsync"]);
if (missing !== undefined) {
  console.error(`bench:store: ${missing} is not here; \`npm run bench:peers\` installs it`);
  process.exit(2);
}
process.on("exit", removeTempFolders);
const folder = tempFolder("store");
const pair = writeUpdatePair(folder);
const rows: string[][] = [];
for (const level of LEVELS) rows.push(describe(level, await measure(level)));
console.log(
  `changed: ${formatBytes(pair.changedBytes)}, on the disk ${formatBytes(pair.changedDiskBytes)}\n`,
);
console.log(
  formatTable(
    [
      "level",
      "update ÷ rsync, median",
      "least … most",
      "rsync, s",
      "grown",
      "rsync's",
      "beyond the changed files",
    ],
    rows,
  ),
);

/** The first round warms everything up and is not counted. */
async function measure(level: Level): Promise<Round[]> {
  const [repository, key] = [join(folder, `${level}-repository`), join(folder, `${level}.key`)];
  const release = (tree: string, ...more: string[]) =>
    infield("release", "create", "-d", repository, "--key", key, "--tree", tree, ...more);
  await infield("channel", "create", level, "-d", repository, "--key", key);
  await release(pair.old);
  const classroom = await startClassroom({ folder: join(folder, level), repository, port: 0, laptops: [] });
  const mirrors = join(folder, `${level}-mirrors`);
  mkdirSync(mirrors);
  mirror(mirrors, 1, pair.old);
  const measured: Round[] = [];
  try {
    for (let version = 2; version <= rounds + 2; version++) {
      const [from, to] = version % 2 === 0 ? [pair.old, pair.next] : [pair.next, pair.old];
      await release(to, "--from", from, "--level", level);
      await handOver(repository, version, classroom.page);
      const versions = join(classroom.teacher.root, "versions");
      const reads = [to, mirrors, versions];
      const theirs = await time(reads, async () => {
        mirror(mirrors, version, to);
        execFileSync("sync");
      });
      let settled = Promise.resolve();
      const ours = await time(reads, async () => {
        const confirmed = untilConfirmed(classroom.teacher.root, version);
        settled = updateClassroom(classroom.page);
        await confirmed;
      });
      await settled;
      if (version > 2)
        measured.push({
          ours: { seconds: ours, grown: grownBy(versions, version) },
          theirs: { seconds: theirs, grown: grownBy(mirrors, version) },
        });
      rmSync(join(mirrors, String(version - 1)), { recursive: true });
    }
  } finally {
    await classroom.stop();
  }
  return measured;
}

/** Seconds of `action`. What it will read is in the cache, and nothing waits for the disk. */
async function time(reads: readonly string[], action: () => Promise<void>): Promise<number> {
  execFileSync("sh", ["-c", 'find "$@" -type f -exec cat {} + > /dev/null', "sh", ...reads]);
  execFileSync("sync");
  const start = performance.now();
  await action();
  return (performance.now() - start) / 1000;
}

function grownBy(folder: string, version: number): number {
  return diskBytes(join(folder, String(version)), join(folder, String(version - 1)));
}

function mirror(mirrors: string, version: number, tree: string): void {
  const earlier = `--link-dest=${join(mirrors, String(version - 1))}`;
  execFileSync("rsync", ["-a", earlier, `${tree}/`, `${join(mirrors, String(version))}/`], {
    stdio: "ignore",
  });
}

/** Resolves once the root's state says so: the switch is done and durable, and the oldest version is about to be removed. */
function untilConfirmed(root: string, version: number): Promise<void> {
  return new Promise((resolve) => {
    const watcher = watch(root, () => {
      const { confirmed } = JSON.parse(readFileSync(join(root, "state.json"), "utf8")) as {
        confirmed: number[];
      };
      if (!confirmed.includes(version)) return;
      watcher.close();
      resolve();
    });
  });
}

function describe(level: Level, measured: readonly Round[]): string[] {
  const ratios = measured.map(({ ours, theirs }) => ours.seconds / theirs.seconds);
  const grown = median(measured.map(({ ours }) => ours.grown));
  return [
    level,
    formatRatio(
      median(measured.map(({ ours }) => ours.seconds)) / median(measured.map(({ theirs }) => theirs.seconds)),
    ),
    `${formatRatio(Math.min(...ratios))} … ${formatRatio(Math.max(...ratios))}`,
    median(measured.map(({ theirs }) => theirs.seconds)).toFixed(2),
    formatBytes(grown),
    formatBytes(median(measured.map(({ theirs }) => theirs.grown))),
    describeRest(pair, grown),
  ];
}

function describeRest({ changedDiskBytes, treeDiskBytes }: UpdatePair, grown: number): string {
  return `${(((grown - changedDiskBytes) / treeDiskBytes) * 100).toFixed(1)} % of the tree`;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
