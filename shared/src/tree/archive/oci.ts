/**
 * An OCI image layout (image-layout.md of the OCI image specification 1.1) as a tree: what a
 * container of it would see. Its layers are tars, applied in order: a later one replaces what an
 * earlier one had, and whiteouts take away (layer.md, "Whiteouts").
 */
import * as v from "valibot";
import { fromUtf8, toHex } from "../../base/bytes.ts";
import { InfieldError } from "../../base/errors.ts";
import { MAX_OCI_JSON_BYTES } from "../../base/limits.ts";
import type { CollectOptions, FoundEntry } from "../input/collect.ts";
import type { ByteSource } from "../source.ts";
import { readAll } from "../streams.ts";
import { damagedArchive } from "./archive-error.ts";

/** A file of the layout by its path; undefined when there is none. */
export type OpenFile = (path: string) => Promise<ByteSource | undefined> | ByteSource | undefined;
/** The entries of a layer, which may be packed. Files of different layers have different inodes. */
export type ScanLayer = (layer: ByteSource, number: number) => AsyncIterable<FoundEntry>;

export const OCI_MARK = "oci-layout";
const INDEX = "index.json";
const WHITEOUT = ".wh.";
const OPAQUE = ".wh..wh..opq";
/** Indexes in indexes: tools make one at most. */
const MAX_DEPTH = 4;

const Descriptor = v.object({
  mediaType: v.optional(v.string(), ""),
  digest: v.pipe(v.string(), v.regex(/^sha256:[0-9a-f]{64}$/)),
  size: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  platform: v.optional(v.object({ architecture: v.string(), os: v.string() })),
});
type Descriptor = v.InferOutput<typeof Descriptor>;
const Index = v.object({ manifests: v.array(Descriptor) });
const ImageManifest = v.object({ layers: v.array(Descriptor) });

/** Whether a path of an archive is one that a layout has; `docker save` adds two files. */
export function mayBeOfLayout(path: string): boolean {
  return (
    [OCI_MARK, INDEX, "manifest.json", "repositories", "blobs"].includes(path) ||
    path.startsWith("blobs/")
  );
}

/**
 * What the image holds. Throws `archive-damaged`, `not-a-tree` where there are several images, and
 * what scanning throws.
 */
export async function readOciLayout(
  open: OpenFile,
  scan: ScanLayer,
  options: Pick<CollectOptions, "createSha256" | "signal">,
): Promise<FoundEntry[]> {
  const { layers } = await readManifest(open, options);
  const found = new Map<string, FoundEntry>();
  for (const [number, layer] of layers.entries()) {
    const blob = await openBlob(open, layer, options);
    const entries: FoundEntry[] = [];
    for await (const entry of scan(blob, number)) {
      options.signal?.throwIfAborted();
      entries.push(entry);
    }
    applyLayer(found, entries);
  }
  return [...found.values()];
}

async function readManifest(
  open: OpenFile,
  options: Pick<CollectOptions, "createSha256" | "signal">,
): Promise<v.InferOutput<typeof ImageManifest>> {
  const index = await open(INDEX);
  if (index === undefined) throw damagedArchive(`has no ${INDEX}`);
  let images = chooseImages(await parseJson(Index, index, INDEX));
  for (let depth = 0; depth < MAX_DEPTH; depth++) {
    const [image] = images;
    if (image === undefined) throw damagedArchive("is an OCI image layout without an image");
    if (images.length > 1) throw severalImages(images);
    const blob = await openBlob(open, image, options);
    if (!/index|manifest\.list/.test(image.mediaType))
      return parseJson(ImageManifest, blob, image.digest);
    images = chooseImages(await parseJson(Index, blob, image.digest));
  }
  throw damagedArchive("has indexes in indexes in indexes");
}

/** Signatures and attestations go by an unknown platform. */
function chooseImages({ manifests }: v.InferOutput<typeof Index>): Descriptor[] {
  return manifests.filter(({ platform }) => platform?.architecture !== "unknown");
}

async function parseJson<T>(
  schema: v.GenericSchema<unknown, T>,
  source: ByteSource,
  name: string,
): Promise<T> {
  if (source.size > MAX_OCI_JSON_BYTES)
    throw damagedArchive(`has a ${name} of ${source.size} bytes`);
  try {
    return v.parse(schema, JSON.parse(fromUtf8(await source.read(0, source.size)) ?? ""));
  } catch (error) {
    if (error instanceof InfieldError) throw error;
    throw damagedArchive(`has a ${name} that is not what an OCI image layout has there`, error);
  }
}

/** A blob, once its bytes are those it is named by. */
async function openBlob(
  open: OpenFile,
  { digest, size }: Descriptor,
  { createSha256, signal }: Pick<CollectOptions, "createSha256" | "signal">,
): Promise<ByteSource> {
  const source = await open(`blobs/${digest.replace(":", "/")}`);
  if (source === undefined) throw damagedArchive(`lacks the blob ${digest}`);
  const hash = createSha256();
  try {
    if (source.size === size)
      for await (const chunk of readAll(source, signal, () => {})) hash.update(chunk);
    if (source.size !== size || `sha256:${toHex(hash.digest())}` !== digest)
      throw damagedArchive(`has other bytes in the blob ${digest}`);
  } finally {
    hash.free?.();
  }
  return source;
}

/** Whiteouts of a layer speak of the layers below it, wherever they stand among its entries. */
function applyLayer(found: Map<string, FoundEntry>, entries: readonly FoundEntry[]): void {
  /** What goes with everything below it, and what keeps itself but loses what is below it. */
  const [removed, emptied] = [new Set<string>(), new Set<string>()];
  for (const { kind, path } of entries) {
    const [folder, name] = splitPath(path);
    if (name === OPAQUE) emptied.add(folder);
    else if (name.startsWith(WHITEOUT)) removed.add(join(folder, name.slice(WHITEOUT.length)));
    else if (kind !== "dir") emptied.add(path);
  }
  for (const path of [...found.keys()])
    if (removed.has(path) || isBelow(path, removed) || isBelow(path, emptied)) found.delete(path);
  for (const entry of entries)
    if (!splitPath(entry.path)[1].startsWith(WHITEOUT)) found.set(entry.path, entry);
}

/** The root, as "", is above everything. */
function isBelow(path: string, folders: ReadonlySet<string>): boolean {
  for (let end = path.lastIndexOf("/"); end > 0; end = path.lastIndexOf("/", end - 1))
    if (folders.has(path.slice(0, end))) return true;
  return folders.has("");
}

function splitPath(path: string): [folder: string, name: string] {
  const end = path.lastIndexOf("/");
  return [path.slice(0, Math.max(0, end)), path.slice(end + 1)];
}

function join(folder: string, name: string): string {
  return folder === "" ? name : `${folder}/${name}`;
}

function severalImages(images: readonly Descriptor[]): InfieldError {
  const names = images.map(({ digest, platform }) =>
    platform ? `${platform.os}/${platform.architecture}` : digest.slice(0, "sha256:".length + 12),
  );
  return new InfieldError(
    "not-a-tree",
    `the OCI image layout holds ${images.length} images: ${names.join(", ")}`,
    "take out the one you mean: `skopeo copy --override-arch ARCH oci:LAYOUT:TAG oci:ONE`",
  );
}
