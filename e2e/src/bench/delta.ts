/**
 * `npm run bench:delta -- FOLDER`: deltas of real version pairs, FOLDER/PAIR/{old,new}, beside bsdiff 4.3 on a tar of each tree.
 * Every delta is applied and the trees are compared. A second table codes the largest changed file of each pair alone:
 * the codec in WebAssembly, in Node, beside native bsdiff. Times are ratios measured side by side in this run.
 */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { GroupSide } from "@infield/wasm/codec";
import { loadCodec } from "@infield/wasm/node";
import { compareFolders } from "../compare-folders.ts";
import { infield } from "../infield.ts";
import { removeTempFolders, tempFolder } from "../temp.ts";

const pairs = process.argv[2];
if (pairs === undefined) {
  console.error(
    "bench:delta: give a folder that holds PAIR/old and PAIR/new, for instance: npm run bench:delta -- corpus-data",
  );
  process.exit(2);
}
process.on("exit", removeTempFolders);
const work = tempFolder("bench");

console.log(
  "| pair | Infield, bytes | bsdiff on a tar, bytes | ratio | create, ratio of times | trees equal |\n|---|---|---|---|---|---|",
);
const names = readdirSync(pairs, { withFileTypes: true }).filter(
  (entry) => entry.isDirectory() && !entry.name.startsWith("."),
);
for (const { name } of names) {
  const [old, next] = [join(pairs, name, "old"), join(pairs, name, "new")];
  const ours = await time(() => createAndApply(name, old, next));
  const theirs = await time(() => bsdiffTars(name, old, next));
  const ratios = [ours.value.bytes / theirs.value, ours.value.createSeconds / theirs.seconds].map((ratio) =>
    ratio.toFixed(2),
  );
  console.log(
    `| ${name} | ${count(ours.value.bytes)} | ${count(theirs.value)} | ${ratios.join(" | ")} | ${ours.value.equal ? "yes" : "NO"} |`,
  );
}

console.log(
  "\n| largest changed file | bytes | Infield | bsdiff | ratio of bytes | ratio of times |\n|---|---|---|---|---|---|",
);
for (const { name } of names) {
  const file = largestChanged(join(pairs, name, "old"), join(pairs, name, "new"));
  if (file === undefined) continue;
  const [old, next] = [join(pairs, name, "old", file), join(pairs, name, "new", file)];
  const codec = await loadCodec();
  const [base, target] = [wholeFile(old), wholeFile(next)];
  const ours = await time(async () => codec.encodeGroup(base, target, "default").record.length);
  const theirs = await time(async () => bsdiff(old, next, join(work, `${name}.single`)));
  const ratios = [ours.value / theirs.value, ours.seconds / theirs.seconds].map((ratio) => ratio.toFixed(2));
  console.log(
    `| ${name}: ${file} | ${count(target.bytes.length)} | ${count(ours.value)} | ${count(theirs.value)} | ${ratios.join(" | ")} |`,
  );
}

async function createAndApply(name: string, old: string, next: string) {
  const [delta, out] = [join(work, `${name}.delta`), join(work, `${name}.tree`)];
  const created = await time(() => infield<{ bytes: number }>("delta", "create", old, next, "-o", delta));
  await infield("delta", "apply", old, delta, "-o", out);
  return {
    bytes: statSync(delta).size,
    createSeconds: created.seconds,
    equal: compareFolders(next, out).length === 0,
  };
}

async function bsdiffTars(name: string, old: string, next: string): Promise<number> {
  const tar = (tree: string, file: string) => {
    execFileSync("tar", [
      "--sort=name",
      "--mtime=@0",
      "--owner=0",
      "--group=0",
      "--numeric-owner",
      "-C",
      tree,
      "-cf",
      file,
      ".",
    ]);
    return file;
  };
  return bsdiff(
    tar(old, join(work, `${name}.old.tar`)),
    tar(next, join(work, `${name}.new.tar`)),
    join(work, `${name}.bsdiff`),
  );
}

function bsdiff(old: string, next: string, patch: string): number {
  execFileSync("bsdiff", [old, next, patch]);
  return statSync(patch).size;
}

function wholeFile(path: string): GroupSide {
  const bytes = readFileSync(path);
  return { bytes, parts: [bytes.length] };
}

function largestChanged(old: string, next: string): string | undefined {
  const files = (root: string) =>
    readdirSync(root, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1));
  const before = new Set(files(old));
  return files(next)
    .filter(
      (path) => before.has(path) && !readFileSync(join(old, path)).equals(readFileSync(join(next, path))),
    )
    .sort((a, b) => statSync(join(next, b)).size - statSync(join(next, a)).size)[0];
}

async function time<T>(run: () => Promise<T>): Promise<{ value: T; seconds: number }> {
  const start = performance.now();
  const value = await run();
  return { value, seconds: (performance.now() - start) / 1000 };
}

function count(bytes: number): string {
  return bytes.toLocaleString("en");
}
