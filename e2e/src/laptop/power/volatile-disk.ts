/**
 * A disk with a write cache that loses its content: what was written is there to read at once, and
 * survives a power cut for certain only once a flush has followed. Of what was not flushed, the cut
 * keeps some writes and drops others, whatever their order, and may leave one of them half done.
 */

/** What a disk writes as a whole. */
const SECTOR = 512;
/** Blocks of the overlays; an offset of a request is a multiple of SECTOR, hardly ever of this. */
const BLOCK = 4096;

/** Between 0 and 1, as Math.random. */
export type Random = () => number;

interface Write {
  readonly offset: number;
  readonly bytes: Buffer;
}

export class VolatileDisk {
  readonly bytes: number;
  /** Writes and flushes so far: a cut at the n-th comes before it is done. */
  requests = 0;
  readonly #base: Buffer;
  readonly #durable = new Map<number, Buffer>();
  #cached = new Map<number, Buffer>();
  #unflushed: Write[] = [];

  /** A disk that holds `base`, which is never changed. */
  constructor(base: Buffer) {
    this.#base = base;
    this.bytes = base.length;
  }

  read(offset: number, length: number): Buffer {
    const result = Buffer.alloc(length);
    eachBlock(offset, length, (block, at, from, count) => {
      const source = this.#cached.get(block) ?? this.#durable.get(block);
      if (source) source.copy(result, at, from, from + count);
      else this.#base.copy(result, at, block * BLOCK + from, block * BLOCK + from + count);
    });
    return result;
  }

  write(offset: number, bytes: Buffer): void {
    this.requests++;
    // The bytes are part of what arrived on a socket.
    const own = Buffer.from(bytes);
    this.#unflushed.push({ offset, bytes: own });
    this.#put(this.#cached, offset, own);
  }

  flush(): void {
    this.requests++;
    for (const [block, bytes] of this.#cached) this.#durable.set(block, bytes);
    this.#cached = new Map();
    this.#unflushed = [];
  }

  /** The power goes. Returns how many writes were lost, of how many that were not flushed. */
  cut(random: Random): { readonly lost: number; readonly unflushed: number } {
    const writes = this.#unflushed;
    // All, none, or some of them: each is as likely.
    const share = [0, 1, random(), random()][Math.floor(random() * 4)] ?? 0;
    const torn = random() < 0.5 ? Math.floor(random() * writes.length) : -1;
    let lost = 0;
    this.#cached = new Map();
    this.#unflushed = [];
    for (const [index, { offset, bytes }] of writes.entries()) {
      const isKept = random() < share;
      if (!isKept) lost++;
      const sectors = bytes.length / SECTOR;
      const kept = index === torn ? Math.floor(random() * sectors) * SECTOR : bytes.length;
      if (isKept) this.#put(this.#durable, offset, bytes.subarray(0, kept));
    }
    return { lost, unflushed: writes.length };
  }

  /** What is on the disk after a cut: all blocks that differ from the base. */
  *changes(): Iterable<readonly [offset: number, bytes: Buffer]> {
    for (const [block, bytes] of this.#durable) yield [block * BLOCK, bytes];
  }

  #put(where: Map<number, Buffer>, offset: number, bytes: Buffer): void {
    eachBlock(offset, bytes.length, (block, at, from, count) => {
      const known = where.get(block) ?? this.#below(where, block);
      const changed = Buffer.from(known);
      bytes.copy(changed, from, at, at + count);
      where.set(block, changed);
    });
  }

  #below(where: Map<number, Buffer>, block: number): Buffer {
    const durable = where === this.#cached ? this.#durable.get(block) : undefined;
    return durable ?? this.#base.subarray(block * BLOCK, (block + 1) * BLOCK);
  }
}

/** Calls `visit` with each block of a range: where in the range, where in the block, how much. */
function eachBlock(
  offset: number,
  length: number,
  visit: (block: number, at: number, from: number, count: number) => void,
): void {
  for (let at = 0; at < length; ) {
    const block = Math.floor((offset + at) / BLOCK);
    const from = (offset + at) % BLOCK;
    const count = Math.min(BLOCK - from, length - at);
    visit(block, at, from, count);
    at += count;
  }
}
