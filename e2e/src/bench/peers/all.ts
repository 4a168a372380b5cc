/** Everything ours is held against, the strongest first. */
import type { Contender } from "../contest/contender.ts";
import {
  bsdiff,
  hdiffpatchTar,
  hdiffpatchText,
  hdiffpatchUnpacked,
  xdelta3,
  zstd,
} from "./on-tars.ts";
import { casync, hdiffpatchFolders, ostree, rsync } from "./on-trees.ts";

export const PEERS: readonly Contender[] = [
  hdiffpatchTar,
  hdiffpatchText,
  hdiffpatchFolders,
  hdiffpatchUnpacked,
  bsdiff,
  zstd,
  ostree,
  xdelta3,
  rsync,
  casync,
];

/**
 * A delta of unpacked trees cannot be applied to the real ones: it is shown, but no peer to be
 * smaller than.
 */
export const NOT_USABLE = hdiffpatchUnpacked.name;
/** Its times are what the others' are given in. */
export const CLOCK = hdiffpatchTar.name;
