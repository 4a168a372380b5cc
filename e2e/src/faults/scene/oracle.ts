/**
 * What must hold on the disk at every instant, looked at as a program would find it before Infield
 * runs again, by code that shares nothing with the store: its own walk, its own idea of a manifest,
 * of a blob and of the state.
 */
import { createHash } from "node:crypto";
import { lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import type { Action } from "./actions.ts";
import type { Scene } from "./scene.ts";

/** Bytes of a blob's piece (docs/formats.md, "Blob"). */
const PIECE_BYTES = 65_536;

/** What a root said before the action; it must not be forgotten. */
export interface Before {
  readonly laptopId?: string;
  readonly channel?: string;
  readonly highest: number;
  readonly held?: number;
}

/** The version `current` names: 0 for none, undefined for anything that is not a version. */
export function readCurrent(root: string): number | undefined {
  const target = orMissing(() => readlinkSync(join(root, "current")));
  if (target === undefined) return 0;
  const number = /^versions\/(\d+)\/tree$/.exec(target)?.[1];
  return number === undefined ? undefined : Number(number);
}

export function readBefore(root: string): Before {
  const identity = readJson(join(root, "identity.json"));
  const state = readJson(join(root, "state.json"));
  return {
    highest: Number(state?.highest ?? 0),
    ...(identity && { laptopId: String(identity.laptopId) }),
    ...(identity?.channel !== undefined && { channel: String(identity.channel) }),
    ...(state?.held !== undefined && { held: Number(state.held) }),
  };
}

/** Equal for two roots from which everything goes on in the same way. */
export function fingerprint(root: string): string {
  // A dead lock is a socket, and one is like another; ballast and a laptop's id are drawn by lot.
  const names = list(root).filter((name) => !/^(\.?lock\..*|ballast|identity\.json)$/.test(name));
  const lines = names.flatMap((name) => walk(root, name)).map(({ line }) => line);
  const ballast = list(join(root, "ballast")).map(
    (name) => lstatSync(join(root, "ballast", name)).size,
  );
  lines.push(`${ballast} ${readBefore(root).channel} ${list(root).includes("identity.json")}`);
  // What is thrown away has a name by chance.
  return sha256(lines.join("\n").replaceAll(/trash\/[^/\n]*/g, "trash"));
}

/**
 * Everything that is wrong, a sentence each. `isDone`: the action said it was, and what it said
 * must not be taken back.
 */
export function findViolations(
  root: string,
  scene: Scene,
  action: Action,
  before: Before,
  isDone: boolean,
): string[] {
  const found: string[] = [];
  const say = (what: string) => found.push(what);
  checkVersions(root, scene, isDone ? undefined : action.damaged, say);
  checkCurrent(root, action, say);
  checkRecords(root, before, say);
  checkRepository(root, scene, say);
  if (isDone) checkDone(root, action, say);
  return found;
}

type Say = (what: string) => void;

function checkVersions(root: string, scene: Scene, damaged: Action["damaged"], say: Say): void {
  for (const name of list(join(root, "versions"))) {
    const wanted = scene.trees[Number(name)];
    const folder = join(root, "versions", name);
    if (!wanted) {
      say(`versions/${name} is no version`);
      continue;
    }
    attempt(`versions/${name}`, say, () => {
      if (sha256(readFileSync(join(folder, "manifest"))) !== wanted)
        say(`versions/${name} has another manifest`);
      if (damaged?.version === Number(name))
        checkNoWorse(join(folder, "tree"), join(scene.folder, name), damaged, say);
      else if (treeIdOf(join(folder, "tree")) !== wanted) say(`versions/${name} is not whole`);
      const release = readFileSync(join(folder, "release.json"), "utf8");
      if (release !== readFileSync(join(scene.repository, "releases", `${name}.json`), "utf8"))
        say(`versions/${name} has another release.json`);
    });
  }
}

/** Of a damaged version, everything that was right still is. */
function checkNoWorse(
  tree: string,
  right: string,
  { paths }: NonNullable<Action["damaged"]>,
  say: Say,
): void {
  const there = new Set(walkInto(tree, "").map(({ line }) => line));
  for (const { path, line } of walkInto(right, "")) {
    if (!there.has(line) && !paths.includes(path)) say(`${path} was right before it was repaired`);
  }
}

function checkCurrent(root: string, { standings }: Action, say: Say): void {
  const current = readCurrent(root);
  const standing = standings.find((candidate) => candidate.current === current);
  if (standing === undefined) say(`current leads to version ${current}, neither old nor new`);
  const there = list(join(root, "versions")).map(Number);
  for (const version of standing?.needs ?? []) {
    if (!there.includes(version)) say(`version ${version} is lost while ${current} is in use`);
  }
}

function checkRecords(root: string, before: Before, say: Say): void {
  attempt("state.json", say, () => {
    const state = readJson(join(root, "state.json"));
    if (before.highest === 0) return;
    if (state === undefined) say("state.json is lost");
    else if (Number(state.highest) < before.highest) say("the highest version went down");
    else if (
      before.held !== undefined &&
      state.held === undefined &&
      readCurrent(root) !== before.held
    )
      say("the failed release is forgotten");
  });
  attempt("identity.json", say, () => {
    const identity = readJson(join(root, "identity.json"));
    if (before.laptopId !== undefined && identity?.laptopId !== before.laptopId)
      say("the laptop's id is lost");
    if (before.channel !== undefined && identity?.channel !== before.channel)
      say("the channel is lost");
  });
}

/** What has its name in the repository is served to others. */
function checkRepository(root: string, scene: Scene, say: Say): void {
  const repository = join(root, "repository");
  attempt("channel.json", say, () => readJson(join(repository, "channel.json")));
  for (const name of list(join(repository, "releases")).filter((name) => !name.startsWith("."))) {
    const stored = readFileSync(join(repository, "releases", name));
    if (!stored.equals(readFileSync(join(scene.repository, "releases", name))))
      say(`releases/${name} is damaged`);
  }
  for (const name of list(join(repository, "blobs"))) {
    attempt(`blobs/${name}`, say, () => {
      if (blobRootOf(readFileSync(join(repository, "blobs", name))) !== name)
        say(`blobs/${name} is not whole`);
    });
  }
}

/** Durable is what was reported. */
function checkDone(root: string, { after, gone }: Action, say: Say): void {
  const current = readCurrent(root);
  const state = readJson(join(root, "state.json"));
  const confirmed = state?.confirmed;
  if (current !== after.current)
    say(`it was done, and version ${current} is in use instead of ${after.current}`);
  if (!Array.isArray(confirmed) || !confirmed.includes(after.current))
    say("it was done, and is not confirmed");
  if (state?.held !== after.held) say("it was done, and what is held is another version");
  if (state?.trial !== undefined) say("it was done, and is still on trial");
  const there = list(join(root, "versions")).map(Number);
  for (const version of gone ?? [])
    if (there.includes(version)) say(`it was done, and version ${version} is back`);
}

/**
 * The tree id of a folder, for trees without foreign owners and without names that need escapes
 * (docs/formats.md).
 */
function treeIdOf(folder: string): string {
  const entries = walkInto(folder, "").sort((a, b) =>
    Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)),
  );
  return sha256(`infield-tree 1\n${entries.map(({ line }) => `${line}\n`).join("")}`);
}

interface Line {
  readonly path: string;
  /** As a manifest has it. */
  readonly line: string;
}

function walkInto(folder: string, below: string): Line[] {
  return readdirSync(join(folder, below)).flatMap((name) =>
    walk(folder, below === "" ? name : `${below}/${name}`),
  );
}

function walk(folder: string, path: string): Line[] {
  const full = join(folder, path);
  const stats = lstatSync(full);
  const mode = (stats.mode & 0o7777).toString(8).padStart(4, "0");
  if (stats.isDirectory())
    return [{ path, line: `d ${mode} 0:0 ${path}` }, ...walkInto(folder, path)];
  if (stats.isSymbolicLink()) return [{ path, line: `l 0:0 ${path} -> ${readlinkSync(full)}` }];
  return [{ path, line: `f ${mode} 0:0 ${stats.size} ${sha256(readFileSync(full))} ${path}` }];
}

function blobRootOf(bytes: Buffer): string {
  const list = createHash("sha256");
  for (let at = 0; at < bytes.length; at += PIECE_BYTES)
    list.update(
      createHash("sha256")
        .update(bytes.subarray(at, at + PIECE_BYTES))
        .digest(),
    );
  return list.digest("hex");
}

function sha256(content: string | Buffer): string {
  return createHash("sha256").update(content).digest("hex");
}

function readJson(path: string): Record<string, unknown> | undefined {
  const content = orMissing(() => readFileSync(path, "utf8"));
  return content === undefined ? undefined : (JSON.parse(content) as Record<string, unknown>);
}

function list(folder: string): string[] {
  return orMissing(() => readdirSync(folder)) ?? [];
}

function attempt(what: string, say: Say, look: () => void): void {
  try {
    look();
  } catch (error) {
    say(`${what} cannot be read: ${error instanceof Error ? error.message : error}`);
  }
}

function orMissing<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}
