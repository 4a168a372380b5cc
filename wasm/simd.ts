/**
 * Tells which of the codec's two builds a machine can run: browsers and processors from before 2021
 * have no SIMD.
 */

/**
 * A module whose only function returns a vector: `i32.const 0`, `i8x16.splat` (WebAssembly core
 * specification, 5.4.8).
 */
const VECTOR_MODULE = Uint8Array.of(
  ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
  ...[0x01, 0x05, 0x01, 0x60, 0x00, 0x01, 0x7b],
  ...[0x03, 0x02, 0x01, 0x00],
  ...[0x0a, 0x08, 0x01, 0x06, 0x00, 0x41, 0x00, 0xfd, 0x0f, 0x0b],
);

/** Node and every browser have it, but TypeScript only knows it of browsers. */
declare const WebAssembly: { validate(module: Uint8Array): boolean };

export function hasSimd(): boolean {
  return WebAssembly.validate(VECTOR_MODULE);
}
