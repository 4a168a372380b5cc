import { describe, expect, it } from "vitest";
import { isSignedBy, readSummary } from "../announce/packet.ts";
import { fromBase64, toBase64, toHex, utf8 } from "../base/bytes.ts";
import { composeRelease, type NewRelease } from "../publish/compose.ts";
import { createManifest, treeId } from "../tree/manifest.ts";
import { createChain, extendChain, parseChain, verifyChain } from "./channel.ts";
import { openEnvelope, signEnvelope } from "./envelope.ts";
import { createSigningKey, formatKeyFile, loadPublicKey, parseKeyFile } from "./keys.ts";
import { parseReleaseFile, releaseHash, verifyRelease } from "./release.ts";

const key = createSigningKey();
const stranger = createSigningKey();
const tree = createManifest([
  { kind: "file", path: "check", mode: 0o755, uid: 0, gid: 0, size: 0, sha256: "0".repeat(64) },
  { kind: "file", path: "plain", mode: 0o644, uid: 0, gid: 0, size: 3, sha256: "1".repeat(64) },
]);
const newRelease = (changes: Partial<NewRelease> = {}): NewRelease => ({
  version: 2,
  tree,
  blobs: [],
  urgent: false,
  notes: { en: "better" },
  date: new Date("2026-01-02T03:04:05Z"),
  ...changes,
});
const codeOf = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
  return "nothing was thrown";
};

describe("keys", () => {
  it("survive the key file, which names its key", () => {
    const text = formatKeyFile(key);
    expect(parseKeyFile(text)).toEqual(key);
    expect(text).toContain(key.publicKey.id);
  });

  it("are refused when the file was altered", () => {
    const text = formatKeyFile(key);
    expect(codeOf(() => parseKeyFile(text.replace(key.publicKey.id, stranger.publicKey.id)))).toBe(
      "key-invalid",
    );
    expect(codeOf(() => parseKeyFile(text.slice(0, -5)))).toBe("key-invalid");
    expect(codeOf(() => parseKeyFile(""))).toBe("key-invalid");
  });

  it("of small order are refused: anybody could sign with them", () => {
    const identity = new Uint8Array(32);
    identity[0] = 1;
    expect(codeOf(() => loadPublicKey(identity))).toBe("key-invalid");
    expect(codeOf(() => loadPublicKey(new Uint8Array(32)))).toBe("key-invalid");
    expect(codeOf(() => loadPublicKey(new Uint8Array(31)))).toBe("key-invalid");
  });
});

describe("the envelope", () => {
  it("opens for the type and key that signed it, and for no other", () => {
    const envelope = signEnvelope("release", "body", [key]);
    expect(openEnvelope(envelope, "release", [key.publicKey], 1)).toBe("body");
    expect(codeOf(() => openEnvelope(envelope, "control", [key.publicKey], 1))).toBe(
      "bad-signature",
    );
    expect(codeOf(() => openEnvelope(envelope, "release", [stranger.publicKey], 1))).toBe(
      "bad-signature",
    );
    expect(
      codeOf(() => openEnvelope({ ...envelope, body: "Body" }, "release", [key.publicKey], 1)),
    ).toBe("bad-signature");
  });

  it("counts each key once, and never a threshold below one", () => {
    const envelope = signEnvelope("release", "body", [key, key]);
    expect(
      codeOf(() => openEnvelope(envelope, "release", [key.publicKey, stranger.publicKey], 2)),
    ).toBe("bad-signature");
    expect(
      codeOf(() => openEnvelope({ body: "body", signatures: [] }, "release", [key.publicKey], 0)),
    ).toBe("bad-signature");
    const both = signEnvelope("release", "body", [key, stranger]);
    expect(openEnvelope(both, "release", [key.publicKey, stranger.publicKey], 2)).toBe("body");
  });

  it("looks at one signature of each key: more would cost time and prove nothing", () => {
    const wrong = signEnvelope("release", "other", [key]).signatures;
    const right = signEnvelope("release", "body", [key]).signatures;
    const open = (signatures: typeof wrong) =>
      openEnvelope({ body: "body", signatures }, "release", [key.publicKey], 1);
    expect(open([...right, ...wrong])).toBe("body");
    expect(codeOf(() => open([...wrong, ...right]))).toBe("bad-signature");
  });

  it("does not open when any bit of the signature is flipped", () => {
    const envelope = signEnvelope("release", "body", [key]);
    const signature = fromBase64(envelope.signatures[0]?.signature ?? "") ?? new Uint8Array();
    for (let bit = 0; bit < 512; bit += 7) {
      const flipped = signature.slice();
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const forged = {
        body: "body",
        signatures: [{ key: key.publicKey.id, signature: toBase64(flipped) }],
      };
      expect(codeOf(() => openEnvelope(forged, "release", [key.publicKey], 1))).toBe(
        "bad-signature",
      );
    }
  });
});

describe("a channel", () => {
  const chain = createChain("Class 4b", key);
  const next = (changes: object, signers = [key], version = 2) =>
    signEnvelope(
      "channel",
      JSON.stringify({ ...JSON.parse(chain.chain[0]?.body ?? ""), version, ...changes }),
      signers,
    );

  it("is known by the hash of its first record and survives its file", () => {
    const channel = verifyChain(parseChain(JSON.stringify(chain)));
    expect(channel).toMatchObject({ name: "Class 4b", version: 1, floor: 0 });
    expect(verifyChain(chain, channel.id).id).toBe(channel.id);
    expect(codeOf(() => verifyChain(chain, "0".repeat(64)))).toBe("unknown-channel");
  });

  it("can pass to another key when the old and the new one both sign", () => {
    const role = { keys: [stranger.publicKey.id], threshold: 1 };
    const change = {
      keys: [toBase64(stranger.publicKey.bytes)],
      roles: { root: role, release: role },
    };
    const passed = verifyChain({ chain: [...chain.chain, next(change, [key, stranger])] });
    expect(passed.release.keys.map((one) => one.id)).toEqual([stranger.publicKey.id]);
    expect(codeOf(() => verifyChain({ chain: [...chain.chain, next(change, [stranger])] }))).toBe(
      "bad-signature",
    );
    expect(codeOf(() => verifyChain({ chain: [...chain.chain, next(change, [key])] }))).toBe(
      "bad-signature",
    );
  });

  it("refuses a gap, and a floor that goes down", () => {
    expect(codeOf(() => verifyChain({ chain: [...chain.chain, next({}, [key], 3)] }))).toBe(
      "record-invalid",
    );
    const raised = [...chain.chain, next({ floor: 5 })];
    expect(verifyChain({ chain: raised }).floor).toBe(5);
    expect(codeOf(() => verifyChain({ chain: [...raised, next({ floor: 4 }, [key], 3)] }))).toBe(
      "record-invalid",
    );
  });

  it("grows by what extends it only: a key that was taken out cannot sign another past, however long", () => {
    const role = { keys: [stranger.publicKey.id], threshold: 1 };
    const passedOn = {
      keys: [toBase64(stranger.publicKey.bytes)],
      roles: { root: role, release: role },
    };
    const { id } = verifyChain(chain);
    const passed = { chain: [...chain.chain, next(passedOn, [key, stranger])] };
    const fork = { chain: [...chain.chain, next({ floor: 1 }), next({ floor: 2 }, [key], 3)] };
    expect(verifyChain(fork, id).version).toBe(3);
    for (const [known, offered] of [
      [passed, fork],
      [fork, passed],
    ] as const) {
      expect(codeOf(() => extendChain(known, offered, id))).toBe("bad-signature");
    }
    expect(extendChain(chain, passed, id)).toEqual({ chain: passed, channel: verifyChain(passed) });
    expect(extendChain(passed, chain, id).chain).toBe(passed);
    expect(extendChain(passed, { chain: [...passed.chain] }, id).chain).toBe(passed);
    expect(codeOf(() => extendChain(chain, createChain("Class 4b", stranger), id))).toBe(
      "unknown-channel",
    );
  });

  it("refuses unknown fields and other shapes, and says which", () => {
    expect(() => parseChain("{}")).toThrow("channel.json has a wrong chain");
    expect(() => parseChain("nonsense")).toThrow("channel.json is not JSON");
    expect(codeOf(() => verifyChain({ chain: [signEnvelope("channel", "{}", [key])] }))).toBe(
      "record-invalid",
    );
  });
});

describe("a release", () => {
  const channel = verifyChain(createChain("Class 4b", key));

  it("is verified from its file, and its announcement names it", () => {
    const file = parseReleaseFile(
      JSON.stringify(composeRelease(channel, key, newRelease({ urgent: true }))),
    );
    expect(verifyRelease(file, channel)).toMatchObject({
      version: 2,
      tree: treeId(tree),
      treeBytes: 3,
      entries: 2,
      needsSystem: false,
    });
    const summary = readSummary(fromBase64(file.announcement) ?? new Uint8Array());
    expect(summary).toMatchObject({
      version: 2,
      urgent: true,
      channel: channel.id.slice(0, 16),
      recordBytes: utf8(file.release.body).length,
    });
    expect(toHex(summary?.recordHash ?? new Uint8Array())).toBe(toHex(releaseHash(file)));
    expect(isSignedBy(summary?.signed ?? new Uint8Array(), channel)).toBe(true);
  });

  it("is not made by a key the channel does not name, nor read when it was altered", () => {
    expect(codeOf(() => composeRelease(channel, stranger, newRelease()))).toBe("bad-signature");
    const file = composeRelease(channel, key, newRelease());
    const altered = {
      ...file,
      release: { ...file.release, body: file.release.body.replace('"version":2', '"version":3') },
    };
    expect(codeOf(() => verifyRelease(altered, channel))).toBe("bad-signature");
  });

  it("of another channel, or below the floor, is refused", () => {
    const file = composeRelease(channel, key, newRelease());
    expect(codeOf(() => verifyRelease(file, { ...channel, id: "f".repeat(64) }))).toBe(
      "unknown-channel",
    );
    expect(codeOf(() => verifyRelease(file, { ...channel, floor: 3 }))).toBe("release-too-old");
  });

  it("takes only an executable of the tree as its health check", () => {
    const withHealth = (path: string) => newRelease({ health: { path, seconds: 10 } });
    expect(
      verifyRelease(composeRelease(channel, key, withHealth("check")), channel).health?.path,
    ).toBe("check");
    expect(codeOf(() => composeRelease(channel, key, withHealth("plain")))).toBe("usage");
    expect(codeOf(() => composeRelease(channel, key, withHealth("absent")))).toBe("usage");
  });

  it("has a record small enough to be sent whole", () => {
    const long = Object.fromEntries(
      Array.from({ length: 40 }, (_, i) => [`x-${i}`, "n".repeat(9000)]),
    );
    expect(codeOf(() => composeRelease(channel, key, newRelease({ notes: long })))).toBe(
      "limit-exceeded",
    );
  });
});
