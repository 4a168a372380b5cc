import { expect, it } from "vitest";
import { InfieldError } from "../base/errors.ts";
import { composeRelease } from "../publish/compose.ts";
import { EMPTY_MANIFEST } from "../tree/manifest.ts";
import { bytesSource } from "../tree/source.ts";
import { createChain, verifyChain } from "./channel.ts";
import { createSigningKey } from "./keys.ts";
import { readReleases } from "./read-releases.ts";
import { type RepositoryReader, releasePath } from "./repository.ts";

const key = createSigningKey();
const channel = verifyChain(createChain("Class 4b", key));
const damaged = "{";

/** Releases 1 to 4, each with a delta from the one before; `texts`: in place of their files. */
function repository(
  texts: Record<number, string | InfieldError> = {},
): RepositoryReader & { readonly read: string[] } {
  const files = new Map<string, string | InfieldError>();
  for (const version of [1, 2, 3, 4]) {
    const file = composeRelease(channel, key, {
      ...{ version, tree: EMPTY_MANIFEST, urgent: false, notes: {}, date: new Date(0) },
      blobs: [
        {
          ...{ from: version - 1, base: "0".repeat(64), bytes: 1, root: "1".repeat(64) },
          ...{ decoderBytes: 0, writtenBytes: 0, writtenEntries: 0 },
        },
      ],
    });
    files.set(releasePath(version), texts[version] ?? JSON.stringify(file));
  }
  const read: string[] = [];
  return {
    read,
    async open(path) {
      read.push(path);
      const content = files.get(path);
      if (content instanceof InfieldError) throw content;
      return content === undefined ? undefined : bytesSource(new TextEncoder().encode(content));
    },
    versions: async () => [3, 1, 4, 2],
  };
}

const failure = (code: "io-failed" | "upstream-failed") => new InfieldError(code, "", "");

it("what verifies is read, by version, and what does not is left out with its reason", async () => {
  const found = await readReleases(repository({ 2: damaged }), channel);
  expect(found.releases.map(({ record }) => record.version)).toEqual([1, 3, 4]);
  expect(found.leftOut).toMatchObject([{ version: 2, error: { code: "record-invalid" } }]);
});

it("what cannot be read now ends the reading, unless the caller can do without it", async () => {
  const unreadable = repository({ 2: failure("io-failed") });
  await expect(readReleases(unreadable, channel)).rejects.toMatchObject({ code: "io-failed" });
  const { leftOut } = await readReleases(unreadable, channel, { fatal: [] });
  expect(leftOut).toMatchObject([{ version: 2, error: { code: "io-failed" } }]);
  const broken = readReleases(repository({ 2: failure("upstream-failed") }), channel, {
    fatal: ["upstream-failed"],
  });
  await expect(broken).rejects.toMatchObject({ code: "upstream-failed" });
});

it("of a repository far away only what leads from here to the newest release is read", async () => {
  const far = { ...repository(), far: true as const };
  expect((await readReleases(far, channel, { current: 2 })).releases).toHaveLength(2);
  expect(far.read).toEqual([releasePath(4), releasePath(3)]);
});
