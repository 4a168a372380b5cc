/**
 * `infield doctor --root ROOT`: looks without the lock; a repair takes it, or is asked of the agent
 * that runs.
 */
import { lstat } from "node:fs/promises";
import { resolve } from "node:path";
import { formatBytes, InfieldError } from "@infield/shared/base";
import { isWebAddress } from "../../http/web-address.ts";
import { repairFrom } from "../../store/repair/doctor.ts";
import { type Examination, examineStore } from "../../store/repair/examine.ts";
import type { VersionFinding } from "../../store/repair/findings.ts";
import type { Problem } from "../../store/repair/problems.ts";
import { replaceIdentity } from "../../store/root/identity.ts";
import { type Layout, layoutOf } from "../../store/root/layout.ts";
import { lockRoot } from "../../store/root/lock.ts";
import { openRoot, readState, readStore } from "../../store/root/open-root.ts";
import type { Difference } from "../../tree/differences.ts";
import { type AgentProcess, askAgent, findAgent } from "../agent-link/agent-link.ts";
import { alignColumns } from "../output/table.ts";
import type { Outcome, Terminal } from "../output/terminal.ts";
import type { Input } from "../parse/commands.ts";
import { DIFFERENCES } from "./verify.ts";

/** Differences shown of one version; `--json` and `infield verify` have them all. */
const SHOWN = 20;

export async function runDoctor(input: Input<"doctor">, terminal: Terminal): Promise<Outcome> {
  if (input.network) return examineNetwork(input, terminal);
  const broken = await readState(input.root).then(
    () => undefined,
    (error: unknown) => identityProblem(error, layoutOf(input.root)),
  );
  if (broken !== undefined && !input.repair) return describeBroken(input, broken);
  const before = broken === undefined ? await examine(input.root, terminal) : undefined;
  if (!input.repair) return describe(input, before as Examination, await findAgent(input.root), []);
  if (broken !== undefined) await restoreIdentity(input.root);
  const reasons = await repair(input, terminal);
  const after = await examine(input.root, terminal);
  const wrong = [...(broken ? [broken] : []), ...(before?.problems ?? [])];
  const left = new Set(after.problems.map(({ what }) => what));
  const done = wrong.filter(({ what }) => !left.has(what));
  return describe(input, after, await findAgent(input.root), done, reasons);
}

/** Looks at another thing altogether, so what repairs the root has no business there. */
async function examineNetwork(input: Input<"doctor">, terminal: Terminal): Promise<Outcome> {
  if (!input.repair && input.from === undefined) {
    return (await import("./doctor-network.ts")).runDoctorNetwork(input, terminal);
  }
  throw new InfieldError(
    "usage",
    "--network goes with neither --repair nor --from",
    "run `infield doctor` twice, once with --network",
  );
}

async function examine(path: string, terminal: Terminal): Promise<Examination> {
  const { channel } = await readState(path);
  const store = await readStore(path);
  const { signal } = terminal;
  return terminal.withProgress((update) =>
    examineStore(store, channel, {
      signal,
      onProgress: (done, total) => update("reading", done, total),
    }),
  );
}

/**
 * Resolves to why versions could not be mended, by version; a running agent keeps that to itself.
 */
async function repair(input: Input<"doctor">, terminal: Terminal): Promise<Map<number, string>> {
  const { token } = await readState(input.root);
  const agent = await findAgent(input.root);
  // An agent that is asked works in another folder.
  const from =
    input.from === undefined || isWebAddress(input.from) ? input.from : resolve(input.from);
  if (agent) {
    const ask = { type: "repair", id: 1, ...(from !== undefined && { from }) } as const;
    await askAgent({ port: agent.port, token }, ask, () => {}, terminal.signal);
    return new Map();
  }
  const root = await openRoot(input.root);
  try {
    const mended = await terminal.withProgress((onProgress) =>
      root.change((writable) =>
        repairFrom(writable, from, { onProgress, signal: terminal.signal }),
      ),
    );
    return new Map(
      mended.flatMap(({ version, problem }) => (problem ? [[version, problem.message]] : [])),
    );
  } finally {
    await root.close();
  }
}

/** What keeps the root from being opened at all; everything else is thrown on. */
async function identityProblem(error: unknown, layout: Layout): Promise<Problem> {
  if (!(error instanceof InfieldError)) throw error;
  const isGone = error.code === "not-a-root" && (await looksLikeRoot(layout));
  if (!isGone && error.code !== "record-invalid") throw error;
  return {
    what: isGone ? "identity.json is gone" : error.message,
    remedy:
      "a new one is made: the laptop then has a new id and page address, and a teacher's a new key",
  };
}

/** What nobody but Infield puts side by side: versions, and a repository. */
async function looksLikeRoot({ versions, repository }: Layout): Promise<boolean> {
  const folders = await Promise.all(
    [versions, repository].map((path) => lstat(path).catch(() => {})),
  );
  return folders.every((found) => found?.isDirectory());
}

async function restoreIdentity(path: string): Promise<void> {
  const layout = layoutOf(resolve(path));
  const unlock = await lockRoot(layout.root);
  try {
    await replaceIdentity(layout);
  } finally {
    await unlock();
  }
}

function describeBroken({ root }: Input<"doctor">, problem: Problem): Outcome {
  const text = [
    `1 thing is wrong in ${root}`,
    `  ${problem.what}`,
    `    ${problem.remedy}`,
    nextStep(root),
  ].join("\n");
  return { data: { root: resolve(root), problems: [problem], repaired: [] }, text, exitCode: 3 };
}

function describe(
  { root, repair: wasRepaired }: Input<"doctor">,
  found: Examination,
  agent: AgentProcess | undefined,
  repaired: readonly Problem[],
  reasons: ReadonlyMap<number, string> = new Map(),
): Outcome {
  const { problems, free } = found;
  const lines = [
    ...repaired.map(({ what }) => `repaired: ${what}`),
    problems.length === 0
      ? `nothing is wrong in ${root}`
      : countProblems(problems.length, root, wasRepaired),
    ...problems.flatMap((problem) => describeProblem(problem, found, wasRepaired, reasons)),
    ...alignColumns([
      ...found.versions.map((version) => [`version ${version.version}`, describeVersion(version)]),
      ["blobs", describeBlobs(found)],
      ["disk space", describeSpace(found)],
      ["agent", describeAgent(found, agent)],
    ]),
    ...(problems.length === 0 ? [] : [wasRepaired ? lastResort(root) : nextStep(root)]),
  ];
  const data = {
    ...found,
    root: resolve(root),
    free: { bytes: free.bytes, inodes: Number.isFinite(free.entries) ? free.entries : null },
    agent,
    repaired,
  };
  return { data, text: lines.join("\n"), ...(problems.length > 0 && { exitCode: 3 as const }) };
}

function countProblems(count: number, root: string, wasRepaired: boolean): string {
  const things = count === 1 ? "1 thing is" : `${count} things are`;
  return `${things} ${wasRepaired ? "still " : ""}wrong in ${root}`;
}

/** What is wrong in particular, and what a repair does about it; after one, why it did not. */
function describeProblem(
  { what, remedy, version }: Problem,
  { versions }: Examination,
  wasRepaired: boolean,
  reasons: ReadonlyMap<number, string>,
): string[] {
  const differences = versions.find((one) => one.version === version)?.differences ?? [];
  const reason = version === undefined ? undefined : reasons.get(version);
  const outcome = wasRepaired ? reason && `not mended: ${reason}` : `with --repair ${remedy}`;
  return [`  ${what}`, ...describeDifferences(differences), ...(outcome ? [`    ${outcome}`] : [])];
}

function describeDifferences(differences: readonly Difference[]): string[] {
  const shown = differences
    .slice(0, SHOWN)
    .map(({ path, how }) => `    ${JSON.stringify(path)} ${DIFFERENCES[how]}`);
  const more = differences.length - shown.length;
  return more > 0 ? [...shown, `    and ${more} more`] : shown;
}

function describeVersion({
  inUse,
  onTrial,
  wayBack,
  confirmed,
  held,
  needed,
  sound,
}: VersionFinding): string {
  return [
    sound ? "sound" : "damaged",
    ...(inUse ? ["in use"] : []),
    ...(onTrial ? ["on trial"] : []),
    ...(wayBack ? ["the way back"] : []),
    confirmed ? "confirmed" : "not confirmed",
    ...(held ? ["held: not taken again"] : []),
    ...(needed ? [] : ["may go"]),
  ].join(", ");
}

function describeBlobs({ blobs, incoming }: Examination): string {
  const whole = `${blobs.count}, ${formatBytes(blobs.bytes)}`;
  return incoming === 0 ? whole : `${whole}; ${incoming} on the way`;
}

function describeSpace({ free, ballast }: Examination): string {
  const inodes = Number.isFinite(free.entries)
    ? ` and ${free.entries.toLocaleString("en")} inodes`
    : "";
  const rollback = ballast ? "ballast is there" : "no ballast for a rollback on a full disk";
  return `${formatBytes(free.bytes)}${inodes} free; ${rollback}`;
}

function describeAgent({ busy }: Examination, agent: AgentProcess | undefined): string {
  if (agent) return `runs as process ${agent.pid}`;
  return busy ? "does not run; another command works on it" : "does not run";
}

function nextStep(root: string): string {
  return `next: infield doctor --root ${root} --repair, and --from REPO if you have a repository`;
}

function lastResort(root: string): string {
  return `next: infield doctor --root ${root} --repair --from REPO, or run the agent among neighbours`;
}
