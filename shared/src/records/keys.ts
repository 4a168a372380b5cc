/**
 * Ed25519 keys (RFC 8032) and their ids. One implementation everywhere: a page on plain http has no
 * WebCrypto, and three implementations that disagree on a malformed key or signature would be three
 * ways in.
 */
import * as ed25519 from "@noble/ed25519";
import { sha256, sha512 } from "@noble/hashes/sha2.js";
import { fromBase64, toBase64, toHex } from "../base/bytes.ts";
import { InfieldError } from "../base/errors.ts";

ed25519.hashes.sha512 = sha512;

/**
 * A public key that passed the checks, with its id: the first 8 bytes of SHA-256 of the key, as
 * hex.
 */
export interface PublicKey {
  readonly id: string;
  readonly bytes: Uint8Array;
}
/** A key pair that can sign. */
export interface SigningKey {
  readonly publicKey: PublicKey;
  /** 32 bytes. */
  readonly secret: Uint8Array;
}

export function createSigningKey(): SigningKey {
  return signingKeyOf(ed25519.utils.randomSecretKey());
}

/**
 * Checks 32 bytes as a public key. Small-order points are refused: under the identity key an
 * all-zero signature verifies for every message in common libraries. Throws `key-invalid`.
 */
export function loadPublicKey(bytes: Uint8Array): PublicKey {
  let smallOrder = true;
  try {
    smallOrder = ed25519.Point.fromBytes(bytes).isSmallOrder();
  } catch (cause) {
    throw keyError("a public key is not a point of Ed25519", cause);
  }
  if (smallOrder)
    throw keyError("a public key has small order, so that anybody could sign with it");
  return { id: toHex(sha256(bytes).subarray(0, 8)), bytes };
}

export function signBytes(key: SigningKey, message: Uint8Array): Uint8Array {
  return ed25519.sign(message, key.secret);
}

/** Strict verification (RFC 8032, 5.1.7, not ZIP 215): a signature has one spelling. */
export function verifyBytes(key: PublicKey, message: Uint8Array, signature: Uint8Array): boolean {
  try {
    return ed25519.verify(signature, message, key.bytes, { zip215: false });
  } catch {
    return false;
  }
}

/** Text of a key file: two lines, so that nobody mistakes it for something to publish. */
export function formatKeyFile(key: SigningKey): string {
  return `infield secret key, keep it to yourself: ${key.publicKey.id}\n${toBase64(key.secret)}\n`;
}

/** Reads a key file. Throws `key-invalid`. */
export function parseKeyFile(text: string): SigningKey {
  const match =
    /^infield secret key, keep it to yourself: ([0-9a-f]{16})\n([A-Za-z0-9+/=]{44})\n$/.exec(text);
  const secret = fromBase64(match?.[2] ?? "");
  if (secret?.length !== 32) throw keyError("the key file is not one that Infield wrote");
  const key = signingKeyOf(secret);
  if (key.publicKey.id !== match?.[1])
    throw keyError("the key file is damaged: key and key id differ");
  return key;
}

function signingKeyOf(secret: Uint8Array): SigningKey {
  return { publicKey: loadPublicKey(ed25519.getPublicKey(secret)), secret };
}

function keyError(message: string, cause?: unknown): InfieldError {
  return new InfieldError(
    "key-invalid",
    message,
    "use the key file saved when the channel was created, or a copy of it",
    cause,
  );
}
