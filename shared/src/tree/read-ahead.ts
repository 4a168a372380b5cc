/**
 * Reads that come in rough order, a few hundred bytes each, served from one window of a large read.
 */
import { type ByteSource, checkRange } from "./source.ts";

/**
 * Bytes: an archive of 50,000 small files is read in thousands of reads instead of a hundred
 * thousand.
 */
const WINDOW_BYTES = 256 * 1024;

export function readAhead(source: ByteSource): ByteSource {
  let start = 0;
  let window: Promise<Uint8Array> = Promise.resolve(new Uint8Array());
  let end = 0;
  return {
    size: source.size,
    async read(offset, length) {
      checkRange(source.size, offset, length);
      if (length >= WINDOW_BYTES) return source.read(offset, length);
      if (offset < start || offset + length > end) {
        start = offset;
        end = Math.min(source.size, offset + WINDOW_BYTES);
        window = source.read(start, end - start);
        // What could not be read once is asked for again, not remembered.
        window.catch(() => {
          end = start;
        });
      }
      const from = offset - start;
      return (await window).slice(from, from + length);
    },
  };
}
