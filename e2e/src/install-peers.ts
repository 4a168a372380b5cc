/** Before all tests: the programs ours are held against, where they can be had. Tests that lack theirs say so in their names. */
import { installDebianPackage } from "./debian.ts";
import { findOnPath } from "./find-on-path.ts";

const PEERS = ["bsdiff", "zip"];

export default function installPeers(): void {
  for (const peer of PEERS.filter((name) => findOnPath([name]) === undefined)) {
    try {
      installDebianPackage(peer);
    } catch (error) {
      console.warn(`${error instanceof Error ? error.message : error}, or go on without it`);
    }
  }
}
