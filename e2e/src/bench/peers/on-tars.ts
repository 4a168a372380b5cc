/** Peers that turn one file into another: they are given a tar of each tree. */
import { statSync } from "node:fs";
import { join } from "node:path";
import type { Contender, Ground } from "../contest/contender.ts";
import { versionOf } from "./installed.ts";
import { sameBytes } from "./same-bytes.ts";

type Command = readonly [program: string, ...args: string[]];

interface FilePeer {
  readonly name: string;
  readonly programs: readonly string[];
  readonly version: () => string;
  readonly create: (old: string, next: string, delta: string) => Command;
  readonly apply: (old: string, delta: string, out: string) => Command;
  /** Where it gets the unpacked trees; it has nothing to do where nothing is packed. */
  readonly unpacked?: boolean;
}

export const HDIFFPATCH = {
  programs: ["hdiffz", "hpatchz"],
  version: () => versionOf("hdiffz", "-v"),
};

/**
 * What gave the smallest deltas of all settings tried. `-m-N` sets the shortest match worth a
 * cover; threads are as many as ours.
 */
export function hdiffz(match: string, old: string, next: string, delta: string): Command {
  return ["hdiffz", match, "-block-0", "-SD-2m", "-p-2", "-c-lzma2-9-64m", old, next, delta];
}

function hdiffpatch(name: string, match: string, unpacked = false): Contender {
  return onTars({
    name: `HDiffPatch, ${name}`,
    ...HDIFFPATCH,
    create: (old, next, delta) => hdiffz(match, old, next, delta),
    apply: (old, delta, out) => ["hpatchz", old, delta, out],
    unpacked,
  });
}

/** Suits programs; the one that times are compared with. */
export const hdiffpatchTar = hdiffpatch("tar, -m-1", "-m-1");
/** Suits text. */
export const hdiffpatchText = hdiffpatch("tar, -m-6", "-m-6");
/**
 * No delta that could be used: nothing packs its result again. What HDiffPatch could do if it saw
 * through archives.
 */
export const hdiffpatchUnpacked = hdiffpatch("unpacked", "-m-1", true);

export const bsdiff = onTars({
  name: "bsdiff",
  programs: ["bsdiff", "bspatch"],
  version: () => versionOf("bsdiff"),
  create: (old, next, delta) => ["bsdiff", old, next, delta],
  apply: (old, delta, out) => ["bspatch", old, out, delta],
});

const ZSTD_SMALLEST = ["--ultra", "-22", "--long=31"];

export const zstd = onTars({
  name: "zstd --patch-from",
  programs: ["zstd"],
  version: () => versionOf("zstd", "--version"),
  create: (old, next, delta) => [
    "zstd",
    "-q",
    ...ZSTD_SMALLEST,
    `--patch-from=${old}`,
    next,
    "-o",
    delta,
  ],
  apply: (old, delta, out) => [
    "zstd",
    "-q",
    "-d",
    "--long=31",
    `--patch-from=${old}`,
    delta,
    "-o",
    out,
  ],
});

/** The source window (bytes) holds a whole old tree. */
const XDELTA3_SMALLEST = ["-9", "-S", "lzma", "-B", "536870912"];

export const xdelta3 = onTars({
  name: "xdelta3",
  programs: ["xdelta3"],
  version: () => versionOf("xdelta3", "-V"),
  create: (old, next, delta) => ["xdelta3", "-e", ...XDELTA3_SMALLEST, "-s", old, next, delta],
  apply: (old, delta, out) => ["xdelta3", "-d", "-s", old, delta, out],
});

function onTars(peer: FilePeer): Contender {
  const tars = (ground: Ground) => (peer.unpacked ? ground.unpacked : ground);
  return {
    name: peer.name,
    ours: false,
    programs: peer.programs,
    version: peer.version,
    suits: (ground) => tars(ground) !== undefined,
    create(ground, work, meter) {
      const { oldTar, nextTar } = tars(ground) ?? ground;
      const delta = join(work, "delta");
      meter.run(...peer.create(oldTar, nextTar, delta));
      return statSync(delta).size;
    },
    apply(ground, work, meter) {
      const { oldTar, nextTar } = tars(ground) ?? ground;
      const out = join(work, "out.tar");
      meter.run(...peer.apply(oldTar, join(work, "delta"), out));
      return sameBytes(nextTar, out) ? [] : ["bytes: the tar"];
    },
  };
}
