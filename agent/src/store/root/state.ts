/**
 * What is installed. The symlink `current` and the folder versions/ are the truth; state.json only
 * adds what they cannot say: which versions passed their health check, which trial is under way,
 * what is held. Without it, it is rebuilt.
 */
import { readdir, readFile, readlink } from "node:fs/promises";
import { InfieldError, MAX_VERSION } from "@infield/shared/base";
import { HealthSchema, parseRecord } from "@infield/shared/records";
import * as v from "valibot";
import { replaceFile } from "../../host/durable.ts";
import { errorCode } from "../../host/file-source.ts";
import { toIoError } from "../../host/io-error.ts";
import { withBallast } from "./ballast.ts";
import { type Layout, versionOfTarget } from "./layout.ts";

const Version = v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(MAX_VERSION));
const StateSchema = v.strictObject({
  infield: v.literal("state 1"),
  /** Versions that passed their health check, ascending. */
  confirmed: v.array(Version),
  /** A version that was switched to, or is about to be, and has not passed yet. */
  trial: v.optional(
    v.strictObject({
      version: Version,
      /** Health checks that may still be begun. */
      triesLeft: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
      /** The release's, kept here so that a trial can go on whatever became of the repository. */
      health: v.optional(HealthSchema),
      /**
       * The laptop's own check, `--health COMMAND`: a trial that another command goes on with must
       * not leave it out.
       */
      ownCheck: v.optional(v.string()),
    }),
  ),
  /**
   * The version that the laptop's own command (`--on-switch`) was told of last; 0: none. Left out
   * where there never was one.
   */
  told: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(MAX_VERSION))),
  /** Nothing newer is taken, whatever there is. */
  holding: v.optional(v.literal(true)),
  held: v.optional(Version),
  highest: v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(MAX_VERSION)),
});
export type StateRecord = v.InferOutput<typeof StateSchema>;

/** What is installed, for everybody else. */
export interface StoreState {
  /** The version in use, 0 when there is none. */
  readonly current: number;
  /** The confirmed version a rollback would lead to. */
  readonly previous?: number;
  /** Installed versions, ascending. */
  readonly versions: readonly number[];
  /**
   * The current version passed its health check; false during a trial, and when nothing is
   * installed.
   */
  readonly confirmed: boolean;
  /** Rolled back from, or failed: this version and older ones are not taken. */
  readonly held?: number;
  /** A person said so: nothing newer is taken. */
  readonly holding?: true;
  /** The highest version that was ever switched to. */
  readonly highest: number;
}

export function describeState(
  record: StateRecord,
  current: number,
  versions: readonly number[],
): StoreState {
  const previous = record.confirmed
    .filter((version) => version < current && versions.includes(version))
    .at(-1);
  return {
    current,
    ...(previous !== undefined && { previous }),
    versions,
    confirmed: current !== 0 && record.confirmed.includes(current),
    ...(record.held !== undefined && { held: record.held }),
    ...(record.holding && { holding: true }),
    highest: record.highest,
  };
}

/** Only releases above this version are wanted: *w* in docs/protocol.md, rule 1.1. */
export function waitsAbove({ current, held = 0 }: StoreState): number {
  return Math.max(current, held);
}

/**
 * Where `current` is pointed when it leads nowhere: the newest confirmed version that was not left,
 * else any; 0 for none.
 */
export function bestConfirmed(
  { confirmed, held }: StateRecord,
  versions: readonly number[],
): number {
  const there = confirmed.filter((version) => versions.includes(version));
  return there.filter((version) => version !== held).at(-1) ?? there.at(-1) ?? 0;
}

/** Undefined when there is none, or a power cut or a hand left one that cannot be read. */
export async function readStateRecord(layout: Layout): Promise<StateRecord | undefined> {
  try {
    return parseRecord(StateSchema, await readFile(layout.stateFile, "utf8"), "state.json");
  } catch (error) {
    if (errorCode(error) === "ENOENT" || isRecordError(error)) return undefined;
    throw toIoError(error, `read ${JSON.stringify(layout.stateFile)}`);
  }
}

/** Throws `no-space`, `io-failed`; then the old state is the one on the disk. */
export async function writeStateRecord(layout: Layout, record: StateRecord): Promise<void> {
  await withBallast(layout.root, () =>
    replaceFile(layout.stateFile, `${JSON.stringify(record)}\n`),
  );
}

/**
 * What the disk says by itself: what is in use was in use, so it and what is older count as
 * confirmed. `releases` are those of the repository: a release is stored before it is switched to,
 * so the highest version seen is never above them.
 */
export function rebuildState(
  current: number,
  versions: readonly number[],
  releases: readonly number[],
): StateRecord {
  const confirmed =
    current === 0 ? [...versions] : versions.filter((version) => version <= current);
  return { infield: "state 1", confirmed, highest: Math.max(0, current, ...versions, ...releases) };
}

/**
 * Installed versions, ascending: a folder named by a number is complete, as it was renamed there.
 */
export async function readVersions(layout: Layout): Promise<number[]> {
  const names = await readdir(layout.versions).catch((error: unknown) => {
    if (errorCode(error) === "ENOENT") return [];
    throw toIoError(error, `read ${JSON.stringify(layout.versions)}`);
  });
  return names
    .filter((name) => /^[1-9]\d{0,9}$/.test(name))
    .map(Number)
    .sort((a, b) => a - b);
}

/** The version `current` names; 0 when there is no such link or it was made by somebody else. */
export async function readCurrent(layout: Layout): Promise<number> {
  try {
    return versionOfTarget(await readlink(layout.current)) ?? 0;
  } catch (error) {
    if (errorCode(error) === "ENOENT" || errorCode(error) === "EINVAL") return 0;
    throw toIoError(error, `read ${JSON.stringify(layout.current)}`);
  }
}

function isRecordError(error: unknown): boolean {
  return error instanceof InfieldError && error.code === "record-invalid";
}
