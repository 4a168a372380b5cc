import { expect, it } from "vitest";
import { bytesSource } from "../tree/source.ts";
import { blobRoot, hashPieces } from "./blob.ts";
import {
  blobName,
  blobPath,
  parseLatest,
  piecesPath,
  type RepositoryReader,
  repositoryFileLimit,
  webFiles,
} from "./repository.ts";

const ROOT = "ab".repeat(32);

async function gather<T>(items: AsyncIterable<T>): Promise<T[]> {
  const gathered: T[] = [];
  for await (const item of items) gathered.push(item);
  return gathered;
}

it("latest names one version, and nothing else is one", () => {
  expect(["7", "7\n", "7\r\n", "4294967295"].map(parseLatest)).toEqual([7, 7, 7, 4_294_967_295]);
  const none = [
    "",
    "0",
    "07",
    "-7",
    "7.0",
    " 7",
    "7\n\n",
    "7 8",
    "4294967296",
    "99999999999",
    "seven",
    "<html>",
  ];
  expect(none.map(parseLatest)).toEqual(none.map(() => undefined));
});

it("a repository has no other files than these, none of them without a bound", () => {
  for (const path of [
    "channel.json",
    "latest",
    "releases/7.json",
    `blobs/${ROOT}`,
    `pieces/${ROOT}`,
  ]) {
    expect(repositoryFileLimit(path), path).toBeGreaterThan(0);
  }
  for (const path of [
    "latest.txt",
    "pieces/x",
    `pieces/../${ROOT}`,
    `blobs/${ROOT}.pieces`,
    "releases/07.json",
  ]) {
    expect(repositoryFileLimit(path), path).toBeUndefined();
  }
  expect([blobName(`blobs/${ROOT}`), blobName(`pieces/${ROOT}`), blobName("latest")]).toEqual([
    ROOT,
    undefined,
    undefined,
  ]);
});

it("for the web a repository gets the piece lists that it lacks, and last of all its highest version", async () => {
  const files = new Map<string, Uint8Array>();
  const repository = (versions: number[]): RepositoryReader => ({
    versions: async () => versions,
    async open(path) {
      const bytes = files.get(path);
      return bytes && bytesSource(bytes);
    },
  });
  const blobs = await Promise.all(
    [1, 2].map(async (seed) => {
      const bytes = new Uint8Array(100_000).fill(seed);
      const list = await hashPieces(bytesSource(bytes));
      files.set(blobPath(blobRoot(list)), bytes);
      return { root: blobRoot(list), list };
    }),
  );
  const [first, second] = blobs;
  files.set(piecesPath(first?.root ?? ""), first?.list ?? new Uint8Array());
  const roots = [...blobs, ...blobs].map(({ root }) => root);
  const written = await gather(webFiles(repository([9, 12, 3]), [...roots, ROOT]));
  expect(written).toEqual([
    [piecesPath(second?.root ?? ""), second?.list],
    ["latest", new TextEncoder().encode("12\n")],
  ]);
  expect(await gather(webFiles(repository([]), []))).toEqual([]);
});
