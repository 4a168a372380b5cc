/**
 * For tests of releases and roots: a workshop with a channel, its key, and two releases of trees
 * that are hard to keep.
 */
import { chmodSync, readFileSync } from "node:fs";
import type { ReleaseRecord } from "@infield/shared/records";
import { writeHardTree } from "./hard-tree.ts";
import { openWorkshop, type Workshop } from "./workshop.ts";

/**
 * In its folder: trees `v1` to `v3`, the repository `repo` with releases of the first two, and
 * `class.key`.
 */
export interface ClassWorkshop extends Workshop {
  /** Id of the channel. */
  readonly channel: string;
  /** Runs one command that must fail, and gives how. */
  refuse(...args: string[]): Promise<Refusal>;
  /** The signed record of a release of `repo`, as the file says it. */
  recordOf(version: number): ReleaseRecord;
}

interface Refusal {
  readonly exitCode: number;
  readonly error: { readonly code: string; readonly message: string; readonly hint: string };
}

export async function openClassWorkshop(): Promise<ClassWorkshop> {
  const shop = openWorkshop();
  for (const version of ["v1", "v2", "v3"]) {
    writeHardTree(shop.at(version), version);
    // Setuid files need --system to install, which has tests of its own.
    chmodSync(shop.at(version, "setuid"), 0o755);
  }
  const { channel } = await shop.ask(
    "channel",
    "create",
    "Class 4b",
    "-d",
    "repo",
    "--key",
    "class.key",
  );
  const release = ["release", "create", "-d", "repo", "--key", "class.key", "--tree"];
  await shop.ask(...release, "v1", "--notes", "the first");
  await shop.ask(...release, "v2", "--from", "v1");
  return {
    ...shop,
    channel: String(channel),
    async refuse(...args) {
      const { exitCode, stdout } = await shop.run([...args, "--json"]);
      return { exitCode, ...JSON.parse(stdout) };
    },
    recordOf(version) {
      const file = JSON.parse(readFileSync(shop.at("repo", `releases/${version}.json`), "utf8"));
      return JSON.parse(file.release.body);
    },
  };
}
