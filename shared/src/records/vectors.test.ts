import { describe, expect, it } from "vitest";
import vectors from "../../vectors/records.json" with { type: "json" };
import { fromHex, toHex, utf8 } from "../base/bytes.ts";
import { bytesSource } from "../tree/source.ts";
import { blobRoot, hashPieces } from "./blob.ts";
import { channelIdOf, verifyChain } from "./channel.ts";
import { type SignedType, signEnvelope, signedBytes } from "./envelope.ts";
import { parseKeyFile } from "./keys.ts";

const key = parseKeyFile(vectors.keyFile);

describe("the vectors for records (shared/vectors/records.json)", () => {
  it("give the key id and public key of the key file", () => {
    expect(key.publicKey.id).toBe(vectors.keyId);
    expect(toHex(key.publicKey.bytes)).toBe(vectors.publicKey);
  });

  it.each(vectors.envelopes)(
    "give the signed bytes and signature of a $type",
    ({ type, body, signed, signature }) => {
      expect(toHex(signedBytes(type as SignedType, utf8(body)))).toBe(signed);
      expect(signEnvelope(type as SignedType, body, [key]).signatures[0]?.signature).toBe(
        signature,
      );
    },
  );

  it("give the channel id of a chain", () => {
    expect(channelIdOf(vectors.channel)).toBe(vectors.channelId);
    expect(verifyChain(vectors.channel).name).toBe("Class 4b");
  });

  it.each(vectors.blobs)(
    "give the root of a blob of $bytes times $byte",
    async ({ bytes, byte, root }) => {
      const content = new Uint8Array(bytes).fill(fromHex(byte, 1)?.[0] ?? 0);
      expect(blobRoot(await hashPieces(bytesSource(content)))).toBe(root);
    },
  );
});
