import { toBase64 } from "@infield/shared/base";
import { composeRelease } from "@infield/shared/publish";
import {
  createChain,
  createSigningKey,
  readReleases,
  signEnvelope,
  verifyChain,
} from "@infield/shared/records";
import { EMPTY_MANIFEST } from "@infield/shared/tree";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { folderRepository } from "../store/root/repository.ts";
import { temporaryFolder } from "../store/testing/volunteer.ts";
import { checkUsable } from "./take-records.ts";

const [first, second] = [createSigningKey(), createSigningKey()];
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => folder.remove());

/**
 * A channel whose first key was taken out, and releases up to `newest`: the third is by the new
 * key.
 */
async function writeRotated(newest: number) {
  const chain = createChain("Class 4b", first);
  const role = { keys: [second.publicKey.id], threshold: 1 };
  const body = JSON.stringify({
    ...JSON.parse(chain.chain[0]?.body ?? ""),
    version: 2,
    keys: [toBase64(second.publicKey.bytes)],
    roles: { root: role, release: role },
  });
  const rotated = { chain: [...chain.chain, signEnvelope("channel", body, [first, second])] };
  const repository = folderRepository(folder.path);
  await repository.writeChain(rotated);
  const channel = verifyChain(rotated);
  for (let version = 1; version <= newest; version++) {
    const [by, key] = version === 3 ? [channel, second] : [verifyChain(chain), first];
    const details = {
      version,
      tree: EMPTY_MANIFEST,
      blobs: [],
      urgent: false,
      notes: {},
      date: new Date(0),
    };
    const file = composeRelease(by, key, details);
    await repository.writeRelease(file, JSON.parse(file.release.body));
  }
  return { repository, channel };
}

describe("the releases of a repository", () => {
  it("are those the channel allows: one by a key that was taken out does not keep a laptop from the others", async () => {
    const { repository, channel } = await writeRotated(3);
    const found = await readReleases(repository, channel);
    expect(found.releases.map(({ record }) => record.version)).toEqual([3]);
    expect(found.leftOut).toMatchObject([
      { version: 1, error: { code: "bad-signature" } },
      { version: 2, error: { code: "bad-signature" } },
    ]);
    expect(() => checkUsable(found, channel)).not.toThrow();
  });

  it("are refused with the newest one's reason when none is left", async () => {
    const { repository, channel } = await writeRotated(2);
    const found = await readReleases(repository, channel);
    expect(() => checkUsable(found, channel)).toThrow(/release record has 0 of the 1 signatures/);
    expect(() => checkUsable({ releases: [], leftOut: [] }, channel)).toThrow(/has no release yet/);
  });
});
