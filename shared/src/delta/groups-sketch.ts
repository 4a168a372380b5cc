/**
 * Sketches: how much two files have in common, without comparing them. Of all stretches of 32 bytes
 * those are sampled whose hash says so, so that the same content is sampled wherever it stands;
 * what two sketches share, times the sampling distance, is about the bytes that the files share.
 */
import type { ByteSource } from "../tree/source.ts";

/** Every so many bytes a stretch is sampled, on average. */
export const SAMPLE_DISTANCE = 64;
const STRETCH_BYTES = 32;
/** Bytes read at a time. */
const STEP_BYTES = 1 << 20;

/** The samples' hashes, 32 bits each. */
export type Sketch = ReadonlySet<number>;

/** Sketches the first `mostBytes` bytes of a file. */
export async function sketchFile(
  source: ByteSource,
  mostBytes: number,
  signal?: AbortSignal,
): Promise<Sketch> {
  const samples = new Set<number>();
  const end = Math.min(source.size, mostBytes);
  // Steps overlap, so that no stretch is lost between two.
  for (let at = 0; at + STRETCH_BYTES <= end; at += STEP_BYTES - STRETCH_BYTES + 1) {
    signal?.throwIfAborted();
    addSamples(samples, await source.read(at, Math.min(STEP_BYTES, end - at)));
  }
  return samples;
}

/**
 * The rolling hash doubles with every byte, so that only the last 32 bytes are left in it, and its
 * highest bits depend on all of them: they choose. Its lower bits know too few bytes to tell
 * samples apart; that is hashed anew.
 */
function addSamples(samples: Set<number>, bytes: Uint8Array): void {
  let rolling = 0;
  for (let at = 0; at < bytes.length; at++) {
    rolling = ((rolling << 1) + (SPREAD[bytes[at] ?? 0] ?? 0)) | 0;
    if (rolling >>> 26 === 0 && at >= STRETCH_BYTES - 1) samples.add(hashStretch(bytes, at + 1));
  }
}

/** FNV-1a over the stretch before `end`. */
function hashStretch(bytes: Uint8Array, end: number): number {
  let hash = 0x811c9dc5;
  for (let at = end - STRETCH_BYTES; at < end; at++)
    hash = Math.imul(hash ^ (bytes[at] ?? 0), 0x01000193);
  return hash >>> 0;
}

/**
 * A random-looking number for each byte: multiples of the golden ratio's fraction of 2^32, mixed
 * once more.
 */
const SPREAD = Int32Array.from({ length: 256 }, (_, byte) => {
  const spread = Math.imul(byte + 1, 0x9e3779b9);
  return Math.imul(spread ^ (spread >>> 15), 0x85ebca6b);
});
