/**
 * Before all tests: the programs ours are held against, where they can be had. Tests that lack
 * theirs say so in their names.
 */

import { findOnPath } from "../harness/find-on-path.ts";
import { installDebianPackage } from "./debian.ts";

/** Programs and the Debian packages that have them. */
const PEERS = {
  bsdiff: "bsdiff",
  zip: "zip",
  ip: "iproute2",
  nft: "nftables",
  "avahi-daemon": "avahi-daemon",
  "avahi-browse": "avahi-utils",
  "dbus-daemon": "dbus",
  nginx: "nginx",
  openssl: "openssl",
};

export default function installPeers(): void {
  for (const [program, name] of Object.entries(PEERS)) {
    if (findOnPath([program]) !== undefined) continue;
    try {
      installDebianPackage(name);
    } catch (error) {
      console.warn(`${error instanceof Error ? error.message : error}, or go on without it`);
    }
  }
}
