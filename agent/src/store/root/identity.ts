/**
 * Who this laptop is: identity.json, readable only by its owner, as it holds the page's token and
 * the teacher's key.
 */
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { InfieldError } from "@infield/shared/base";
import {
  createSigningKey,
  formatKeyFile,
  parseKeyFile,
  parseRecord,
  readChannel,
  type SigningKey,
} from "@infield/shared/records";
import * as v from "valibot";
import { replaceFile } from "../../host/durable.ts";
import { errorCode } from "../../host/file-source.ts";
import { isResourceShortage, toIoError } from "../../host/io-error.ts";
import type { Layout } from "./layout.ts";
import { folderRepository } from "./repository.ts";

const IdentitySchema = v.strictObject({
  laptopId: v.pipe(v.string(), v.regex(/^[0-9a-f]{16}$/)),
  token: v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/)),
  channel: v.optional(v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/))),
  /** The text of a key file. */
  teacherKey: v.optional(v.string()),
});
export type IdentityRecord = v.InferOutput<typeof IdentitySchema>;

/** What is kept in identity.json, mode 0600. */
export interface Identity {
  /** 16 hex digits. */
  readonly laptopId: string;
  /** 32 hex digits: what the page and the command line show the running agent. */
  readonly token: string;
  /** The pinned channel id, 64 hex digits. */
  readonly channel?: string | undefined;
  /** Throws `unknown-channel` when another one is pinned already. */
  pinChannel(id: string): Promise<void>;
  /** Takes a pin back that led to nothing: only while nothing of the channel is installed. */
  unpinChannel(): Promise<void>;
  /** This laptop's key for orders to others; made on first use. */
  teacherKey(): Promise<SigningKey>;
}

/** Undefined when the root has none yet. Throws `record-invalid`, `io-failed`. */
export async function readIdentity(file: string): Promise<IdentityRecord | undefined> {
  try {
    return parseRecord(IdentitySchema, await readFile(file, "utf8"), "identity.json");
  } catch (error) {
    if (errorCode(error) === "ENOENT" || errorCode(error) === "ENOTDIR") return undefined;
    if (errorCode(error) === "EACCES") throw someoneElses(file, error);
    throw toIoError(error, `read ${JSON.stringify(file)}`);
  }
}

function someoneElses(file: string, cause: unknown): InfieldError {
  return new InfieldError(
    "io-failed",
    `could not read ${JSON.stringify(file)}, which only its owner may`,
    "run it as the user the agent runs as",
    cause,
  );
}

/** A new laptop: id and token are random, so two laptops installed from one image differ. */
export function createIdentityRecord(): IdentityRecord {
  return { laptopId: randomBytes(8).toString("hex"), token: randomBytes(16).toString("hex") };
}

/**
 * An identity in place of one that cannot be read: a new laptop, that follows the channel which its
 * repository holds. The caller holds the lock. Throws `no-space`, `io-failed`.
 */
export async function replaceIdentity(layout: Layout): Promise<void> {
  const channel = await readChannel(folderRepository(layout.repository)).then(
    (known) => known.channel.id,
    (error: unknown) => {
      // A laptop that followed no channel would take any: not for a failure that passes.
      if (isResourceShortage(error)) throw error;
      return undefined;
    },
  );
  await writeIdentity(layout.identityFile, {
    ...createIdentityRecord(),
    ...(channel && { channel }),
  });
}

export async function writeIdentity(file: string, record: IdentityRecord): Promise<void> {
  await replaceFile(file, `${JSON.stringify(record, undefined, 2)}\n`, 0o600);
}

/** The identity of an opened root; every change is durable before it is used. */
export function keepIdentity(file: string, initial: IdentityRecord): Identity {
  let record = initial;
  async function change(part: Partial<IdentityRecord>): Promise<void> {
    const next = { ...record, ...part };
    await writeIdentity(file, next);
    record = next;
  }
  return {
    laptopId: record.laptopId,
    token: record.token,
    get channel() {
      return record.channel;
    },
    async pinChannel(id) {
      if (record.channel === id) return;
      if (record.channel !== undefined) throw otherChannel(id, record.channel);
      await change({ channel: id });
    },
    unpinChannel: () => change({ channel: undefined }),
    async teacherKey() {
      if (record.teacherKey === undefined)
        await change({ teacherKey: formatKeyFile(createSigningKey()) });
      return parseKeyFile(record.teacherKey ?? "");
    },
  };
}

function otherChannel(id: string, pinned: string): InfieldError {
  return new InfieldError(
    "unknown-channel",
    `this laptop follows channel ${pinned.slice(0, 16)}…, not ${id.slice(0, 16)}…`,
    "use a repository of the channel it follows, or another root",
  );
}
