import { describe, expect, it } from "vitest";
import vectors from "../../vectors/packets.json" with { type: "json" };
import { macOf, queryGroup, releaseGroup } from "./groups.ts";

const channel = "a1b2c3d4e5f60718".padEnd(64, "0");

describe("groups", () => {
  it.each(vectors.groups)(
    "are those of the vectors: version $version, urgent $urgent",
    (vector) => {
      const group = releaseGroup(vector.channel, vector.version, vector.urgent);
      expect(group).toEqual({ ipv4: vector.ipv4, ipv6: vector.ipv6 });
      expect(macOf(group)).toEqual(vector.mac);
    },
  );

  it.each(vectors.queryGroups)("for queries are those of the vectors: $channel", (vector) => {
    const group = queryGroup(vector.channel);
    expect(group).toEqual({ ipv4: vector.ipv4, ipv6: vector.ipv6 });
    expect(macOf(group)).toEqual(vector.mac);
  });

  it("of n, n+1 and their urgent ones differ in what reaches the network card", () => {
    const groups = [7, 8].flatMap((n) => [
      releaseGroup(channel, n, false),
      releaseGroup(channel, n, true),
    ]);
    expect(new Set(groups.map((group) => macOf(group).ipv4)).size).toBe(4);
    expect(new Set(groups.map((group) => macOf(group).ipv6)).size).toBe(4);
  });

  it("for queries share no MAC address with a release's, whatever the channel", () => {
    const releases = new Set<string>();
    for (let five = 0; five < 32; five++) {
      const id = (five << 3).toString(16).padStart(2, "0").padEnd(64, "0");
      for (let version = 0; version < 0x1000; version++) {
        releases.add(macOf(releaseGroup(id, version, false)).ipv4);
        releases.add(macOf(releaseGroup(id, version, true)).ipv4);
      }
    }
    expect(releases.size).toBe(32 * 2 * 0x1000);
    for (let first = 0; first < 0x100; first++) {
      const id = first.toString(16).padStart(2, "0").padEnd(64, "5");
      expect(releases.has(macOf(queryGroup(id)).ipv4)).toBe(false);
    }
  });
});
