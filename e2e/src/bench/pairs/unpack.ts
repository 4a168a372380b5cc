/**
 * Trees as they would be if nothing in them were packed: in place of each gzip and zip file stands
 * what it holds. For the honest comparison with ours, which sees through archives: a peer's delta
 * of such trees is what it could do if it did too, and packed everything again for nothing.
 */
import { cpSync, lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { BlobReader, Uint8ArrayWriter, ZipReader } from "@zip.js/zip.js/lib/zip-core-native.js";

const GZIP = Buffer.from([0x1f, 0x8b, 8]);
const ZIP = Buffer.from([0x50, 0x4b, 3, 4]);

/**
 * Copies the tree `from` to `to`, unpacked, and gives how many archives it held. Archives in
 * archives stay as they are.
 */
export async function unpackTree(from: string, to: string): Promise<number> {
  cpSync(from, to, { recursive: true, verbatimSymlinks: true });
  let archives = 0;
  for (const path of readdirSync(to, { recursive: true, encoding: "utf8" })) {
    const file = join(to, path);
    if (lstatSync(file).isFile() && (await unpackFile(file, readFileSync(join(from, path)))))
      archives++;
  }
  return archives;
}

/** What is damaged, or only looks like an archive, stays as it is. */
async function unpackFile(file: string, bytes: Buffer): Promise<boolean> {
  try {
    if (bytes.subarray(0, GZIP.length).equals(GZIP)) {
      writeFileSync(file, gunzipSync(bytes));
      return true;
    }
    if (bytes.subarray(0, ZIP.length).equals(ZIP)) {
      await unpackZip(file, bytes);
      return true;
    }
  } catch {}
  return false;
}

/** Members are numbered, as their names may be anything. */
async function unpackZip(file: string, bytes: Buffer): Promise<void> {
  const reader = new ZipReader(new BlobReader(new Blob([new Uint8Array(bytes)])), {
    useWebWorkers: false,
  });
  const members: Uint8Array[] = [];
  for (const entry of await reader.getEntries()) {
    if (!entry.directory) members.push(await entry.getData(new Uint8ArrayWriter()));
  }
  await reader.close();
  writeFileSync(file, "");
  mkdirSync(`${file}.members`);
  for (const [number, member] of members.entries()) {
    writeFileSync(join(`${file}.members`, String(number).padStart(6, "0")), member);
  }
}
