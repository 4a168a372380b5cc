/** OCI image layouts: layers made by tar, put together as the specification says. */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { openTree } from "./open-tree.ts";

const work = mkdtempSync(join(tmpdir(), "infield-oci-"));
afterAll(() => rmSync(work, { recursive: true, force: true }));
const layout = join(work, "layout");
beforeEach(() => {
  rmSync(layout, { recursive: true, force: true });
  mkdirSync(join(layout, "blobs/sha256"), { recursive: true });
  writeFileSync(join(layout, "oci-layout"), '{"imageLayoutVersion": "1.0.0"}');
});

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly platform?: { os: string; architecture: string };
}

function blob(bytes: Uint8Array, mediaType = ""): Descriptor {
  const hex = createHash("sha256").update(bytes).digest("hex");
  writeFileSync(join(layout, "blobs/sha256", hex), bytes);
  return { mediaType, digest: `sha256:${hex}`, size: bytes.length };
}
const json = (value: object, mediaType = "") => blob(Buffer.from(JSON.stringify(value)), mediaType);

/** A layer of files by path; `null` is a directory. */
function layer(files: Record<string, string | null>, ...flags: string[]): Descriptor {
  const folder = mkdtempSync(join(work, "layer-"));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(folder, text === null ? path : dirname(path)), { recursive: true });
    if (text !== null) writeFileSync(join(folder, path), text);
  }
  execFileSync("tar", [...flags, "-cf", `${folder}.tar`, "-C", folder, "."]);
  return blob(readFileSync(`${folder}.tar`));
}
const image = (...layers: Descriptor[]) => json({ schemaVersion: 2, layers });
function index(...manifests: Descriptor[]): void {
  writeFileSync(join(layout, "index.json"), JSON.stringify({ schemaVersion: 2, manifests }));
}

async function contentOf(input = layout): Promise<Record<string, string>> {
  const tree = await openTree(input, { owners: false });
  try {
    const content: Record<string, string> = {};
    for (const entry of tree.manifest.entries) {
      if (entry.kind !== "file") continue;
      const bytes = await tree.open(entry.path).read(0, entry.size);
      content[entry.path] = Buffer.from(bytes).toString();
    }
    return content;
  } finally {
    await tree.close();
  }
}

describe("the layers of an image", () => {
  it("replace what earlier ones had, packed or not", async () => {
    index(
      image(
        layer({ "etc/a": "1", "etc/b": "1", "bin/sh": "1" }, "--gzip"),
        layer({ "etc/a": "2" }, "--zstd"),
        layer({ "etc/b": "3" }),
      ),
    );
    expect(await contentOf()).toEqual({ "bin/sh": "1", "etc/a": "2", "etc/b": "3" });
  });

  it("take away by whiteouts what earlier ones had, and nothing of their own", async () => {
    index(
      image(
        layer({ "a/x": "1", "a/y": "1", "b/x/y": "1", "b/z": "1", c: "1", "top/d/e": "1" }),
        layer({ "a/.wh..wh..opq": "", "a/new": "2", "b/.wh.x": "", ".wh.c": "", "b/x2": "2" }),
      ),
    );
    expect(await contentOf()).toEqual({ "a/new": "2", "b/z": "1", "b/x2": "2", "top/d/e": "1" });
  });

  it("may put a file where a directory was, and a directory where a file was", async () => {
    index(image(layer({ "a/b": "1", c: "1" }), layer({ a: "2", "c/d": "2" })));
    expect(await contentOf()).toEqual({ a: "2", "c/d": "2" });
  });

  it("are found in a tar of the layout, which may be packed", async () => {
    index(image(layer({ a: "1" }, "--gzip")));
    for (const flags of [[], ["--gzip"]]) {
      execFileSync("tar", [...flags, "-cf", join(work, "oci.tar"), "-C", layout, "."]);
      expect(await contentOf(join(work, "oci.tar"))).toEqual({ a: "1" });
    }
  });
});

it("of several images one has to be taken out, but attestations are none", async () => {
  const platform = (architecture: string) => ({ platform: { os: "linux", architecture } });
  const one = image(layer({ a: "1" }));
  index(json({ manifests: [one] }, "application/vnd.oci.image.index.v1+json"), {
    ...one,
    ...platform("unknown"),
  });
  expect(await contentOf()).toEqual({ a: "1" });
  index({ ...one, ...platform("amd64") }, { ...one, ...platform("arm64") });
  await expect(contentOf()).rejects.toMatchObject({
    code: "not-a-tree",
    message: expect.stringContaining("linux/amd64, linux/arm64"),
  });
});

it("a blob that is missing, or not what it is named by, is damage", async () => {
  const made = layer({ a: "1" });
  index(image(made));
  const path = join(layout, "blobs", made.digest.replace(":", "/"));
  const bytes = readFileSync(path);
  bytes[600] = 1;
  writeFileSync(path, bytes);
  await expect(contentOf()).rejects.toMatchObject({ code: "archive-damaged" });
  rmSync(path);
  await expect(contentOf()).rejects.toThrow(/lacks the blob sha256:/);
});

it("a tar of a tree that has a folder called blobs is that tree", async () => {
  const folder = mkdtempSync(join(work, "blobs-"));
  mkdirSync(join(folder, "blobs"));
  writeFileSync(join(folder, "blobs/a"), "1");
  execFileSync("tar", ["-cf", `${folder}.tar`, "-C", folder, "."]);
  expect(await contentOf(`${folder}.tar`)).toEqual({ "blobs/a": "1" });
});
