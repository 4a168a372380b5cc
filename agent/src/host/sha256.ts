/**
 * SHA-256 as shared/ wants it, by node:crypto: several times faster than any other there is here.
 */
import { createHash, hash } from "node:crypto";
import type { Sha256 } from "@infield/shared/tree";

export function createSha256(): Sha256 {
  const digest = createHash("sha256");
  return {
    update: (bytes) => {
      digest.update(bytes);
    },
    digest: () => digest.digest(),
  };
}

/** As 64 hex digits. Of a manifest's canonical bytes it is the tree id. */
export function sha256Hex(bytes: Uint8Array): string {
  return hash("sha256", bytes, "hex");
}
