/**
 * `npm run bench:stragglers`: what laptops fetch that come back after 1 … 40 releases, and new
 * ones. Real agents on the loopback interface, one straggler and one neighbour at a time; the
 * neighbour has both versions, and makes the delta while the straggler waits. Beside it what the
 * chain of deltas and the full install weigh, and what each level would make of the pair.
 */
import { statSync } from "node:fs";
import { join } from "node:path";
import { formatCount, formatTable } from "../../figures/table.ts";
import { ready, startOnLoopback } from "../../harness/agents.ts";
import { type Blob, createChannel, type Release } from "../../harness/channel.ts";
import { type AgentProcess, infield } from "../../harness/infield.ts";
import { removeTempFolders, tempFolder } from "../../harness/temp.ts";
import { writeHistory } from "./history.ts";

/** How many releases a straggler is behind; a new laptop has none. */
const BEHIND = [1, 2, 5, 10, 20, 40];
const NEWEST = 41;

interface Took {
  readonly bytes: number;
  /** Not a number where nothing was made. */
  readonly makeMs: number;
  readonly allMs: number;
}

process.on("exit", removeTempFolders);
const folder = tempFolder("stragglers");
const { id, repository, release } = await createChannel(folder, "Stragglers");
const trees = writeHistory(join(folder, "trees"), NEWEST);
const roots = new Map<number, { straggler: string; neighbour: string }>();
const releases = await makeReleases();
const rows: string[][] = [];
for (const behind of [...BEHIND, NEWEST]) {
  rows.push(await measure(NEWEST - behind));
  console.error(rows.at(-1)?.join(" | "));
}
console.log(
  formatTable(
    [
      ...[
        "at",
        "the chain, bytes",
        "full install, bytes",
        "fetched, bytes",
        "of the chain, %",
        "deltas",
      ],
      ...["made in, s", "until in use, s", "level fast, bytes", "made in, s"],
    ],
    rows,
  ),
);

/**
 * Every release from the one before; those a straggler is installed from, the first and the newest,
 * in full too.
 */
async function makeReleases(): Promise<Release[]> {
  const made: Release[] = [];
  for (const [index, tree] of trees.entries()) {
    const version = index + 1;
    const before = trees[index - 1];
    const isStart = BEHIND.includes(NEWEST - version);
    const from = [...(before ? [before] : []), ...(isStart || version === NEWEST ? ["empty"] : [])];
    const options = from.flatMap((base) => ["--from", base]);
    made.push(await release(tree, ...options));
    if (!isStart) continue;
    const [straggler, neighbour] = [
      join(folder, `straggler-${version}`),
      join(folder, `neighbour-${version}`),
    ];
    for (const root of [straggler, neighbour]) await infield("install", repository, "--root", root);
    roots.set(version, { straggler, neighbour });
  }
  return made;
}

/** One straggler with one neighbour that went from its version to the newest in one update. */
async function measure(at: number): Promise<string[]> {
  const { straggler, neighbour } = roots.get(at) ?? {
    straggler: join(folder, "empty"),
    neighbour: roots.get(NEWEST - 1)?.neighbour ?? "",
  };
  if (at > 0) await infield("install", repository, "--root", neighbour);
  const took = await update(straggler, neighbour);
  const chain = releases
    .slice(at)
    .reduce((sum, { blobs }) => sum + bytesFrom(blobs, (from) => from !== 0), 0);
  const full = bytesFrom(releases.at(-1)?.blobs ?? [], (from) => from === 0);
  const fast = at === 0 ? undefined : await makeFast(at);
  return [
    at === 0 ? "0 (new)" : `n−${NEWEST - at}`,
    ...[at === 0 ? "–" : formatCount(chain), formatCount(full), formatCount(took.bytes)],
    at === 0 ? "–" : ((took.bytes / chain) * 100).toFixed(0),
    String(took.bytes === chain ? NEWEST - at : 1),
    ...[Number.isNaN(took.makeMs) ? "–" : seconds(took.makeMs), seconds(took.allMs)],
    ...(fast ? [formatCount(fast.bytes), seconds(fast.ms)] : ["–", "–"]),
  ];
}

function bytesFrom(blobs: readonly Blob[], fits: (from: number) => boolean): number {
  return blobs.find(({ from }) => fits(from))?.bytes ?? 0;
}

async function update(straggler: string, neighbour: string): Promise<Took> {
  const giver = await ready(startOnLoopback(neighbour, "Neighbour", "--no-presence"));
  const making = timeOf(giver, "making");
  const made = timeOf(giver, "made");
  const startedAt = performance.now();
  const taker = startOnLoopback(straggler, "Straggler", "--channel", id, "--no-presence");
  await taker.until(({ event, version }) => event === "confirmed" && version === NEWEST);
  const allMs = performance.now() - startedAt;
  await Promise.all([taker.stop(), giver.stop()]);
  const fetched = taker.events.flatMap(({ event, state, progress }) =>
    event === "update" && state === "fetching" && progress
      ? [(progress as { total: number }).total]
      : [],
  );
  return {
    bytes: Math.max(0, ...fetched),
    makeMs: (await made) - (await making),
    allMs,
  };
}

/** When an agent said so; not a number when it ended without. */
function timeOf(agent: AgentProcess, wanted: string): Promise<number> {
  return agent
    .until(({ event, state }) => event === "delta" && state === wanted)
    .then(
      () => performance.now(),
      () => Number.NaN,
    );
}

async function makeFast(at: number): Promise<{ bytes: number; ms: number }> {
  const output = join(folder, `fast-${at}`);
  const startedAt = performance.now();
  const pair = [trees[at - 1] ?? "", trees[NEWEST - 1] ?? ""];
  await infield("delta", "create", ...pair, "-o", output, "--level", "fast");
  return { bytes: statSync(output).size, ms: performance.now() - startedAt };
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(1);
}
