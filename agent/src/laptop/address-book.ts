/**
 * ROOT/peers.json: whom a person named, and where neighbours said hello before. It is a list of
 * doors to knock at and nothing more: what it says is never believed, it can be removed at any
 * time, and one that cannot be read counts as empty.
 */
import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { MAX_HOST_CHARS, type PeerAddress } from "@infield/shared/announce";
import { InfieldError, MAX_TYPED_PEERS } from "@infield/shared/base";
import { Count, parseRecord } from "@infield/shared/records";
import * as v from "valibot";
import { replaceFile } from "../host/durable.ts";
import { errorCode } from "../host/file-source.ts";

/**
 * Neighbours remembered that nobody named: a class. Beyond it, the one heard of longest ago is
 * forgotten.
 */
export const MAX_MET_PEERS = 32;
/** Bytes of the file: both lists full, with the longest names in any script. */
const MAX_BOOK_BYTES = 64 * 1024;

const AddressSchema = v.strictObject({
  host: v.pipe(v.string(), v.minLength(1), v.maxLength(MAX_HOST_CHARS)),
  port: Count(1, 65_535),
});
const BookSchema = v.strictObject({
  typed: v.pipe(v.array(AddressSchema), v.maxLength(MAX_TYPED_PEERS)),
  met: v.pipe(v.array(AddressSchema), v.maxLength(MAX_MET_PEERS)),
});
type BookRecord = v.InferOutput<typeof BookSchema>;

export interface AddressBook {
  /** Whom a person named, in that order. */
  typed(): readonly PeerAddress[];
  /** Where somebody of this channel said hello, the last one first. */
  met(): readonly PeerAddress[];
  /** Throws `limit-exceeded`, `no-space`, `io-failed`. */
  addTyped(peer: PeerAddress): Promise<void>;
  /** Forgets it, whoever knew it. False when it was not there. Throws `no-space`, `io-failed`. */
  remove(peer: PeerAddress): Promise<boolean>;
  /** A neighbour said hello there. A file that cannot be written is no reason to stop for. */
  meet(peer: PeerAddress): Promise<void>;
  /** Resolves once nothing is being written. */
  settled(): Promise<void>;
}

export const samePeer = (a: PeerAddress) => (b: PeerAddress) =>
  a.host === b.host && a.port === b.port;

/** Opens the book of a root whose lock the caller holds. */
export async function openAddressBook(file: string): Promise<AddressBook> {
  let book = (await readAddressBook(file)) ?? { typed: [], met: [] };
  let writing: Promise<void> = Promise.resolve();

  /** One write after another, each with what is known by then. */
  function change(next: BookRecord): Promise<void> {
    book = next;
    const write = () => replaceFile(file, `${JSON.stringify(book)}\n`, 0o600);
    const written = writing.then(write);
    writing = written.catch(() => {});
    return written;
  }

  return {
    typed: () => book.typed,
    met: () => book.met,
    async addTyped(peer) {
      if (book.typed.some(samePeer(peer))) return;
      if (book.typed.length >= MAX_TYPED_PEERS) throw tooMany();
      await change({ ...book, typed: [...book.typed, peer] });
    },
    async remove(peer) {
      const others = (list: readonly PeerAddress[]) => list.filter((one) => !samePeer(peer)(one));
      const next = { typed: others(book.typed), met: others(book.met) };
      if (next.typed.length === book.typed.length && next.met.length === book.met.length)
        return false;
      await change(next);
      return true;
    },
    async meet(peer) {
      const isNew = !book.met.some(samePeer(peer));
      const met = [peer, ...book.met.filter((one) => !samePeer(peer)(one))].slice(0, MAX_MET_PEERS);
      // Only who is new is worth a write: a laptop at rest leaves its disk alone.
      if (isNew) await change({ ...book, met }).catch(() => {});
      else book = { ...book, met };
    },
    settled: () => writing,
  };
}

/**
 * The book as it lies there, for whoever only reads. Undefined when there is none that can be used.
 */
export async function readAddressBook(file: string): Promise<BookRecord | undefined> {
  try {
    return parseRecord(BookSchema, await readBounded(file), "peers.json");
  } catch (error) {
    if (error instanceof InfieldError || errorCode(error) !== undefined) return undefined;
    throw error;
  }
}

/**
 * No more than a book can hold is read, however large the file is; nor is waited for what is no
 * file.
 */
async function readBounded(file: string): Promise<string> {
  const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const buffer = Buffer.alloc(MAX_BOOK_BYTES);
    const { bytesRead } = await handle.read(buffer, 0, MAX_BOOK_BYTES, 0);
    return buffer.toString("utf8", 0, bytesRead);
  } finally {
    await handle.close();
  }
}

function tooMany(): InfieldError {
  return new InfieldError(
    "limit-exceeded",
    `this laptop is connected to ${MAX_TYPED_PEERS} others by their addresses already`,
    "forget one with `infield disconnect ADDRESS`; `infield peers` lists them",
  );
}
