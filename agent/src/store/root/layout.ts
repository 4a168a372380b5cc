/**
 * Where everything of a laptop's store lies (docs/architecture.md, "The laptop's store"). One root,
 * one filesystem.
 */
import { join } from "node:path";
import { InfieldError } from "@infield/shared/base";

/** Paths of a root; nothing here touches the disk. */
export interface Layout {
  readonly root: string;
  /** The symlink programs go through. */
  readonly current: string;
  readonly versions: string;
  readonly repository: string;
  readonly incoming: string;
  readonly staging: string;
  readonly trash: string;
  /** Space that a rollback on a full disk is given. */
  readonly ballast: string;
  readonly stateFile: string;
  /** Deltas made for stragglers. */
  readonly madeFile: string;
  readonly identityFile: string;
  /** On which machine an agent of this root ran last. */
  readonly machineFile: string;
  /** Where neighbours were reached, and whom a person named. */
  readonly peersFile: string;
  /** There while an agent runs, and after it was killed. */
  readonly agentFile: string;
  /** What the last agent with an upstream heard from it. */
  readonly upstreamFile: string;
  /** There while a release waits for a better moment. */
  readonly waitingFile: string;
  /** Names the program that speaks to the boot loader, where the laptop boots this root. */
  readonly bootLoaderFile: string;
}

/** One installed version: there ⇒ complete and durable. */
export interface SnapshotLayout {
  readonly folder: string;
  readonly tree: string;
  readonly manifest: string;
  readonly release: string;
}

export function layoutOf(root: string): Layout {
  return {
    root,
    current: join(root, "current"),
    versions: join(root, "versions"),
    repository: join(root, "repository"),
    incoming: join(root, "incoming"),
    staging: join(root, "staging"),
    trash: join(root, "trash"),
    ballast: join(root, "ballast"),
    stateFile: join(root, "state.json"),
    madeFile: join(root, "made.json"),
    identityFile: join(root, "identity.json"),
    machineFile: join(root, "machine.json"),
    peersFile: join(root, "peers.json"),
    agentFile: join(root, "agent.json"),
    upstreamFile: join(root, "upstream.json"),
    waitingFile: join(root, "waiting.json"),
    bootLoaderFile: join(root, "boot/loader"),
  };
}

export function snapshotAt(folder: string): SnapshotLayout {
  return {
    folder,
    tree: join(folder, "tree"),
    manifest: join(folder, "manifest"),
    release: join(folder, "release.json"),
  };
}

export function snapshotOf(layout: Layout, version: number): SnapshotLayout {
  return snapshotAt(join(layout.versions, String(version)));
}

/**
 * What `current` says for a version: relative, so that a root can be moved or mounted elsewhere.
 */
export function currentTarget(version: number): string {
  return `versions/${version}/tree`;
}

/** The version a `current` link names, or undefined when it is not one this program made. */
export function versionOfTarget(target: string): number | undefined {
  const match = /^versions\/([1-9]\d{0,9})\/tree$/.exec(target);
  return match?.[1] === undefined ? undefined : Number(match[1]);
}

/** Throws `internal` for anything but a blob's name: it becomes part of a path. */
export function checkBlobRoot(root: string): string {
  if (/^[0-9a-f]{64}$/.test(root)) return root;
  throw new InfieldError(
    "internal",
    "a blob was named by something else than its hash",
    "report this as a defect",
  );
}
