import { appendFileSync } from "node:fs";
import {
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  truncate,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import { InfieldError, MAX_DECODER_BYTES } from "@infield/shared/base";
import { createDelta } from "@infield/shared/delta";
import { EMPTY_MANIFEST, formatManifest, type Manifest, parseManifest } from "@infield/shared/tree";
import { loadCodec } from "@infield/wasm/node";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  inlineEncoder,
  openTestTree,
  type TreeSpec,
  temporaryFolder,
  writeTree,
} from "../../store/testing/volunteer.ts";
import { type ApplyOptions, applyDelta } from "./apply.ts";
import { runApply } from "./apply-core.ts";
import type { ApplyJob, WrittenTree } from "./apply-job.ts";

const TEXT = "the quick brown fox\n".repeat(2000);
const OLD: TreeSpec = {
  "bin/tool": { content: `#!/bin/sh\n${TEXT}`, mode: 0o755 },
  "docs/same": TEXT,
  "docs/moved here": "moved",
  gone: "gone",
};
const NEW: TreeSpec = {
  "bin/tool": { content: `#!/bin/sh\n${TEXT}v2`, mode: 0o4755 },
  "docs/same": TEXT,
  "moved there": "moved",
  twin: `${TEXT}twin`,
  "twin too": `${TEXT}twin`,
  ملف: "arabic",
  ឯកសារ: "khmer",
  "back\\slash": "b",
  Case: "1",
  case: "2",
  absolute: "-> /etc/passwd",
  dangling: "-> ../../nowhere",
  empty: "",
  "locked/inside": { content: "in", mode: 0o444 },
};

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let base: { folder: string; manifest: Uint8Array };
let target: Manifest;
/** What `createDelta` says that the delta needs. */
let decoderBytes: number;
const path = (...parts: string[]) => join(folder.path, ...parts);

beforeEach(async () => {
  folder = await temporaryFolder();
  await writeTree(path("old"), OLD);
  await writeTree(path("new"), NEW);
  await chmod(path("new/locked"), 0o555);
  const [old, next] = [await openTestTree(path("old")), await openTestTree(path("new"))];
  const delta = await createDelta(old, next, await inlineEncoder());
  await writeFile(path("delta"), delta.read());
  base = { folder: path("old"), manifest: formatManifest(old.manifest) };
  target = next.manifest;
  decoderBytes = delta.decoderBytes;
});
afterEach(() => folder.remove());

async function apply(change: Partial<ApplyOptions> = {}): Promise<Manifest> {
  const manifest = await applyDelta({
    delta: path("delta"),
    base,
    out: path("out"),
    share: "copy",
    system: true,
    memoryBytes: MAX_DECODER_BYTES,
    ...change,
  });
  return parseManifest(manifest);
}

/** Without the thread, for what is tried hundreds of times. */
async function applyHere(
  delta: string,
  out: string,
  change: Partial<ApplyJob> = {},
  onWritten: (tree: WrittenTree) => void = () => {},
): Promise<void> {
  await mkdir(out);
  const job = { delta, baseFolder: base.folder, baseManifest: base.manifest, out, readBack: false };
  await runApply(
    await loadCodec(),
    { ...job, share: "copy", system: true, memoryBytes: MAX_DECODER_BYTES, ...change },
    { onProgress() {}, onWritten },
  );
}

async function expectRefused(failing: Promise<unknown>, code: string): Promise<void> {
  await expect(failing).rejects.toMatchObject({ code });
  await expect(lstat(path("out"))).rejects.toMatchObject({ code: "ENOENT" });
}

describe("applying a delta", () => {
  it("rebuilds bytes, modes, links and names of every kind", async () => {
    const progress: [number, number][] = [];
    expect(await apply({ onProgress: (...report) => progress.push(report) })).toEqual(target);
    expect((await openTestTree(path("out"))).manifest).toEqual(target);
    expect(progress.at(-1)?.[0]).toBe(progress.at(-1)?.[1]);
  });

  it("never makes hard links unless they were asked for, nor of two files of one tree", async () => {
    await apply();
    expect((await stat(path("out/docs/same"))).nlink).toBe(1);
    await apply({ out: path("linked"), share: "link" });
    expect((await stat(path("linked/docs/same"))).ino).toBe(
      (await stat(path("old/docs/same"))).ino,
    );
    expect((await stat(path("linked/twin"))).nlink).toBe(1);
  });

  it("tells what it wrote, all but hard links", async () => {
    let told: WrittenTree | undefined;
    await applyHere(path("delta"), path("out"), { share: "link" }, (tree) => {
      told = tree;
    });
    const all = target.entries.filter(({ kind }) => kind === "file").map((entry) => entry.path);
    const linked = await Promise.all(
      all.map(async (name) => (await stat(path("out", name))).nlink > 1),
    );
    expect(told?.files).toEqual(all.filter((_, index) => !linked[index]));
    expect(told?.directories).toEqual(["bin", "docs", "locked"]);
    expect(parseManifest(told?.manifest ?? new Uint8Array())).toEqual(target);
  });

  it("reads everything back that it wrote, where that is asked for", async () => {
    const spoil = () => appendFileSync(path("out/moved there"), "!");
    await applyHere(path("delta"), path("out"), {}, spoil);
    await rm(path("out"), { recursive: true });
    await expect(
      applyHere(path("delta"), path("out"), { readBack: true }, spoil),
    ).rejects.toMatchObject({
      code: "snapshot-damaged",
      message: expect.stringContaining("moved there"),
    });
  });

  it("fails when what it wrote cannot be made durable, and leaves nothing", async () => {
    const failing = apply({
      onWritten: async () => {
        throw new InfieldError("io-failed", "the disk is tired", "");
      },
    });
    await expectRefused(failing, "io-failed");
  });

  it("copies instead of linking where mode or owner on the disk are not the target's", async () => {
    await chmod(path("old/docs/same"), 0o600);
    await apply({ share: "link" });
    expect((await stat(path("out/docs/same"))).nlink).toBe(1);
    expect((await openTestTree(path("out"))).manifest).toEqual(target);
  });

  it.each(["link", "copy"] as const)(
    "refuses a base file that changed on the disk (%s)",
    async (share) => {
      await writeFile(path("old/docs/same"), TEXT.replace("quick", "thick"));
      await expectRefused(apply({ share }), "wrong-base");
    },
  );

  it("refuses a base file that became longer, a link or nothing", async () => {
    await writeFile(path("old/docs/same"), `${TEXT}!`);
    await expectRefused(apply(), "wrong-base");
    await rename(path("old/docs/same"), path("aside"));
    await expectRefused(apply(), "wrong-base");
    await truncate(path("aside"), TEXT.length);
    await symlink(path("aside"), path("old/docs/same"));
    await expectRefused(apply(), "wrong-base");
  });

  it("refuses a base whose changed files are not what they were", async () => {
    await writeFile(path("old/bin/tool"), `#!/bin/sh\n${TEXT.toUpperCase()}`);
    await expectRefused(apply(), "wrong-result");
  });

  it("refuses another base tree", async () => {
    await expectRefused(
      apply({ base: { folder: path("old"), manifest: formatManifest(EMPTY_MANIFEST) } }),
      "wrong-base",
    );
  });

  it("refuses setuid files unless it is the system", async () => {
    await expectRefused(apply({ system: false }), "needs-system");
  });

  it("takes as much memory as the delta was said to need, and not less", async () => {
    await apply({ memoryBytes: decoderBytes, out: path("enough") });
    await expectRefused(apply({ memoryBytes: decoderBytes - 1 }), "delta-memory");
  });

  it("refuses an output that is there, and leaves it", async () => {
    await writeTree(path("out"), { mine: "mine" });
    await expect(apply()).rejects.toMatchObject({ code: "already-exists" });
    expect(await readdir(path("out"))).toEqual(["mine"]);
  });

  it("refuses a delta that is cut at any byte or changed in any byte, and never gives another tree", async () => {
    const good = await readFile(path("delta"));
    for (let at = 0; at < good.length; at++) {
      const bad = Uint8Array.from(good);
      bad[at] = (bad[at] ?? 0) ^ (1 << (at % 8));
      await writeFile(path("flipped"), bad);
      await expect(
        applyHere(path("flipped"), path(`out-${at}`)),
        `byte ${at}`,
      ).rejects.toMatchObject({
        code: expect.stringMatching(/^(delta-damaged|delta-too-new|wrong-base)$/),
      });
      await writeFile(path("cut"), good.subarray(0, at));
      await expect(applyHere(path("cut"), path(`cut-${at}`)), `cut at ${at}`).rejects.toMatchObject(
        {
          code: "delta-damaged",
        },
      );
    }
  });

  it("stops when it is cancelled and leaves nothing", async () => {
    const stop = new AbortController();
    const running = apply({ signal: stop.signal, onProgress: () => stop.abort() });
    await expect(running).rejects.toMatchObject({ name: "AbortError" });
    await expect(lstat(path("out"))).rejects.toMatchObject({ code: "ENOENT" });
  });

  it("falls back to a copy when the base lies on another filesystem (skipped where /dev/shm is none)", async (context) => {
    const other = await mkdtemp("/dev/shm/infield-test-").catch(() => undefined);
    if (other === undefined || (await stat(other)).dev === (await stat(folder.path)).dev)
      return context.skip();
    try {
      await writeTree(join(other, "old"), OLD);
      await apply({ share: "link", base: { ...base, folder: join(other, "old") } });
      expect((await openTestTree(path("out"))).manifest).toEqual(target);
    } finally {
      await rm(other, { recursive: true });
    }
  });
});
