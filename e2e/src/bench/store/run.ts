/**
 * `npm run bench:store [-- ROUNDS]`: an update of one file in twenty, by a real agent from a blob
 * that it has already, against `rsync -a --link-dest` and `sync` of the same change. Both from a
 * warm cache, on one disk, by turns; medians.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, watch } from "node:fs";
import { join } from "node:path";
import { formatBytes } from "@infield/shared/base";
import type { Level } from "@infield/shared/delta";
import { formatRatio, formatTable } from "../../figures/table.ts";
import { createChannel } from "../../harness/channel.ts";
import { type Classroom, startClassroom } from "../../harness/classroom.ts";
import { handOver, updateClassroom } from "../../harness/page-client.ts";
import { removeTempFolders, tempFolder } from "../../harness/temp.ts";
import { commandOf } from "../../harness/typescript.ts";
import type { DecoderFigures } from "../codec/decode.ts";
import { findMissing } from "../peers/installed.ts";
import { diskBytes, type UpdatePair, writeUpdatePair } from "./update-trees.ts";

/** What an update took: seconds, and bytes on the disk beside the version before. */
interface Cost {
  readonly seconds: number;
  readonly grown: number;
}
interface Round {
  readonly ours: Cost;
  readonly theirs: Cost;
  /** Of `ours`, what the decoder takes by itself: nobody could apply this delta in less. */
  readonly decoderSeconds: number;
}

const LEVELS: readonly Level[] = ["fast", "default"];
const rounds = Number(process.argv[2] ?? 6);
const missing = findMissing(["rsync"]);
if (missing !== undefined) {
  console.error(`bench:store: ${missing} is not here; \`npm run bench:peers\` installs it`);
  process.exit(2);
}
process.on("exit", removeTempFolders);
const folder = tempFolder("store");
const pair = writeUpdatePair(folder);
const measured = await measure();
console.log(
  `changed: ${formatBytes(pair.changedBytes)}, on the disk ${formatBytes(pair.changedDiskBytes)}\n`,
);
console.log(
  formatTable(
    [
      ...["level", "update ÷ rsync, median", "least … most", "of it, decoder alone ÷ rsync"],
      ...["grown", "rsync's", "beyond the changed files"],
    ],
    LEVELS.map((level) => describe(level, measured.get(level) ?? [])),
  ),
);

/**
 * By level, which changes with every other update, so that each meets both directions. The first
 * two warm everything up.
 */
async function measure(): Promise<Map<Level, Round[]>> {
  const { repository, release } = await createChannel(folder, "Store");
  await release(pair.old);
  const classroom = await startClassroom({ folder, repository, port: 0, laptops: [] });
  const mirrors = join(folder, "mirrors");
  mkdirSync(mirrors);
  mirror(mirrors, 1, pair.old);
  const byLevel = new Map<Level, Round[]>(LEVELS.map((level) => [level, []]));
  try {
    for (let version = 2; version < 2 + LEVELS.length * (rounds + 1); version++) {
      const [from, to] = version % 2 === 0 ? [pair.old, pair.next] : [pair.next, pair.old];
      const level = LEVELS[Math.floor(version / 2) % LEVELS.length] ?? "default";
      const { blobs } = await release(to, "--from", from, "--level", level);
      await handOver(repository, version, classroom.page);
      const round = await compare(classroom, mirrors, version, to);
      rmSync(join(mirrors, String(version - 1)), { recursive: true });
      const decoderSeconds = timeDecoder(from, join(repository, "blobs", blobs[0]?.root ?? ""));
      if (version >= 2 + LEVELS.length) byLevel.get(level)?.push({ ...round, decoderSeconds });
    }
  } finally {
    await classroom.stop();
  }
  return byLevel;
}

/** One update to `version`, whose tree is `to`, in both ways. */
async function compare(
  { page, teacher }: Classroom,
  mirrors: string,
  version: number,
  to: string,
): Promise<Omit<Round, "decoderSeconds">> {
  const versions = join(teacher.root, "versions");
  const reads = [to, mirrors, versions];
  const theirs = await time(reads, async () => {
    mirror(mirrors, version, to);
    execFileSync("sync");
  });
  let settled = Promise.resolve();
  const ours = await time(reads, async () => {
    const confirmed = untilConfirmed(teacher.root, version);
    settled = updateClassroom(page);
    await confirmed;
  });
  await settled;
  return {
    ours: { seconds: ours, grown: grownBy(versions, version) },
    theirs: { seconds: theirs, grown: grownBy(mirrors, version) },
  };
}

/** Seconds of `action`. What it will read is in the cache, and nothing waits for the disk. */
async function time(reads: readonly string[], action: () => Promise<void>): Promise<number> {
  execFileSync("sh", ["-c", 'find "$@" -type f -exec cat {} + > /dev/null', "sh", ...reads]);
  execFileSync("sync");
  const start = performance.now();
  await action();
  return (performance.now() - start) / 1000;
}

function timeDecoder(old: string, delta: string): number {
  const [node, ...decode] = commandOf(new URL("../codec/decode.ts", import.meta.url));
  const printed = execFileSync(node, [...decode, old, delta], { encoding: "utf8" });
  return (JSON.parse(printed) as DecoderFigures).seconds;
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

/**
 * Resolves once the root's state says so: the switch is done and durable, and the oldest version is
 * about to be removed.
 */
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
  const theirs = median(measured.map((round) => round.theirs.seconds));
  const grown = median(measured.map(({ ours }) => ours.grown));
  return [
    level,
    formatRatio(median(measured.map(({ ours }) => ours.seconds)) / theirs),
    `${formatRatio(Math.min(...ratios))} … ${formatRatio(Math.max(...ratios))}`,
    formatRatio(median(measured.map(({ decoderSeconds }) => decoderSeconds)) / theirs),
    formatBytes(grown),
    formatBytes(median(measured.map((round) => round.theirs.grown))),
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
