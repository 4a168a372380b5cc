import { describe, expect, it } from "vitest";
import packets from "../../vectors/packets.json" with { type: "json" };
import records from "../../vectors/records.json" with { type: "json" };
import { fromHex, toHex } from "../base/bytes.ts";
import { MAX_PACKET_BYTES } from "../base/limits.ts";
import { createChain, verifyChain } from "../records/channel.ts";
import { createSigningKey, parseKeyFile } from "../records/keys.ts";
import {
  formatAnnouncement,
  formatQuery,
  isSignedBy,
  parseAnnouncement,
  parseQuery,
  signAnnouncement,
} from "./packet.ts";

const key = parseKeyFile(records.keyFile);
const channel = verifyChain(createChain("Class 4b", key));
const bytesOf = (hex: string) => fromHex(hex, hex.length / 2) ?? new Uint8Array();

describe("an announcement", () => {
  it.each(packets.announcements)("is the packet of the vectors: release $version", (vector) => {
    const recordHash = bytesOf(vector.recordHash);
    const signed = signAnnouncement({ ...vector, recordHash }, key);
    const packet = formatAnnouncement(signed, vector.sender, vector.partial);
    expect(toHex(packet)).toBe(vector.packet);
    expect(packet.length).toBeLessThanOrEqual(MAX_PACKET_BYTES);
    const { channel: prefix, version, urgent, recordBytes, sender, partial } = vector;
    expect(parseAnnouncement(packet)).toEqual({
      ...{ channel: prefix, version, urgent, recordHash, recordBytes, sender, partial, signed },
    });
    expect(isSignedBy(signed, channel)).toBe(true);
  });

  const first = bytesOf(packets.announcements[0]?.packet ?? "");
  const hintBytes = 11;

  it("with any one signed byte altered is refused or not signed", () => {
    for (let at = 0; at < first.length - hintBytes; at++) {
      const altered = first.slice();
      altered[at] = (altered[at] ?? 0) ^ 0x41;
      const parsed = parseAnnouncement(altered);
      expect(parsed !== undefined && isSignedBy(parsed.signed, channel), `byte ${at}`).toBe(false);
    }
  });

  it("of a stranger's key is not signed, even under a key id of the channel", () => {
    const stranger = createSigningKey();
    const forged = {
      secret: stranger.secret,
      publicKey: { ...stranger.publicKey, id: key.publicKey.id },
    };
    const summary = parseAnnouncement(first);
    if (summary === undefined) throw new Error("the vector does not parse");
    expect(isSignedBy(signAnnouncement(summary, stranger), channel)).toBe(false);
    expect(isSignedBy(signAnnouncement(summary, forged), channel)).toBe(false);
  });

  it("with an unknown flag among the hints is none", () => {
    const altered = first.slice();
    altered[altered.length - 1] = 2;
    expect(parseAnnouncement(altered)).toBeUndefined();
  });

  it("of any other length is none", () => {
    for (let length = 0; length < MAX_PACKET_BYTES + 8; length++) {
      const packet = new Uint8Array(length);
      packet.set(first.subarray(0, Math.min(length, first.length)));
      expect(parseAnnouncement(packet) !== undefined).toBe(length === first.length);
    }
  });

  it("is copied out of the packet, whose memory may be used again", () => {
    const packet = first.slice();
    const parsed = parseAnnouncement(packet);
    packet.fill(0);
    expect(parsed && isSignedBy(parsed.signed, channel)).toBe(true);
  });
});

describe("a query", () => {
  it.each(packets.queries)(
    "is the packet of the vectors: at $version, classroom $classroom",
    (vector) => {
      const { packet, ...query } = vector;
      expect(toHex(formatQuery(query))).toBe(packet);
      expect(parseQuery(bytesOf(packet))).toEqual(query);
    },
  );

  it("with an unknown flag, version, magic or length is none", () => {
    const packet = bytesOf(packets.queries[0]?.packet ?? "");
    for (const [at, value] of [
      [0, 0],
      [4, 2],
      [5, 2],
    ] as const) {
      const altered = packet.slice();
      altered[at] = value;
      expect(parseQuery(altered)).toBeUndefined();
    }
    expect(parseQuery(packet.subarray(1))).toBeUndefined();
    expect(parseQuery(new Uint8Array())).toBeUndefined();
  });
});
