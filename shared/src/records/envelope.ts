/**
 * The signing envelope: exact bytes under one or more signatures, verified before they are parsed
 * (docs/formats.md, "Envelope"). The type is signed too, so that a signature for one purpose is
 * never taken for another.
 */
import * as v from "valibot";
import { concatBytes, fromBase64, toBase64, utf8 } from "../base/bytes.ts";
import { InfieldError } from "../base/errors.ts";
import { MAX_RECORD_BYTES, MAX_SIGNATURES } from "../base/limits.ts";
import { type PublicKey, type SigningKey, signBytes, verifyBytes } from "./keys.ts";

/**
 * What a signature is for: a channel record, a release record, an announcement, a teacher's order.
 */
export type SignedType = "channel" | "release" | "announce" | "control";

export const EnvelopeSchema = v.strictObject({
  /** The signed text itself; what is signed are its UTF-8 bytes. */
  body: v.pipe(v.string(), v.maxLength(MAX_RECORD_BYTES)),
  signatures: v.pipe(
    v.array(
      v.strictObject({
        key: v.pipe(v.string(), v.regex(/^[0-9a-f]{16}$/)),
        signature: v.pipe(v.string(), v.length(88)),
      }),
    ),
    v.maxLength(MAX_SIGNATURES),
  ),
});
export type Envelope = v.InferOutput<typeof EnvelopeSchema>;

/**
 * The bytes a signature covers: `"INFIELD1" ‖ len8(type) ‖ type ‖ len8(body) ‖ body`, lengths as 8
 * bytes, big-endian.
 */
export function signedBytes(type: SignedType, body: Uint8Array): Uint8Array {
  return concatBytes([utf8("INFIELD1"), len8(type.length), utf8(type), len8(body.length), body]);
}

export function signEnvelope(
  type: SignedType,
  body: string,
  keys: readonly SigningKey[],
): Envelope {
  const message = signedBytes(type, utf8(body));
  return {
    body,
    signatures: keys.map((key) => ({
      key: key.publicKey.id,
      signature: toBase64(signBytes(key, message)),
    })),
  };
}

/**
 * The body, once at least `threshold` (≥ 1) distinct keys of `keys` have signed it for `type`.
 * Throws `bad-signature`. Of several signatures by one key only the first is looked at.
 */
export function openEnvelope(
  envelope: Envelope,
  type: SignedType,
  keys: readonly PublicKey[],
  threshold: number,
): string {
  const message = signedBytes(type, utf8(envelope.body));
  const tried = new Set<string>();
  let valid = 0;
  for (const { key: id, signature } of envelope.signatures) {
    const key = keys.find((candidate) => candidate.id === id);
    if (key === undefined || tried.has(id)) continue;
    // Before it is verified: a wrong signature costs as much as a right one, and sixteen of them as
    // much as sixteen keys.
    tried.add(id);
    const bytes = fromBase64(signature);
    if (bytes && verifyBytes(key, message, bytes)) valid++;
  }
  if (valid < Math.max(1, threshold)) {
    throw new InfieldError(
      "bad-signature",
      `the ${type} record has ${valid} of the ${Math.max(1, threshold)} signatures it needs`,
      "get it again from somebody you trust; the copy you have was altered or made with another key",
    );
  }
  return envelope.body;
}

function len8(length: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length));
  return bytes;
}
