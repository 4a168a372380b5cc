import { InfieldError } from "@infield/shared/base";
import { expect, it } from "vitest";
import type { Reached } from "./connection-probe.ts";
import { diagnose, type Facts } from "./findings.ts";

const [LAPTOP, OTHER] = ["192.168.1.7", "192.168.1.8"];
const peer = (host: string) => ({ host, port: 7461 });
const absent = (host: string, machineThere?: boolean): Reached => ({
  ...{ peer: peer(host), machineThere },
  failure: new InfieldError("peer-failed", `nobody answers at ${host} port 7461`, "is it on?"),
});
const fine = {
  loops: new Map([["wlan0", { ipv4: true, ipv6: true }]]),
  answered: [LAPTOP],
  seen: [],
  reached: [{ peer: peer(LAPTOP) }],
};
type Neighbours = NonNullable<Facts["neighbours"]>;

function examine(neighbours: Partial<Neighbours> | undefined, facts: Partial<Facts> = {}) {
  const { works, findings } = diagnose({
    cards: [{ name: "wlan0", addresses: ["192.168.1.5"], multicast: true, tunnel: false }],
    wayOut: { interface: "wlan0", gateway: "192.168.1.1" },
    ...{ port: 7461, portState: "open", gatewayThere: true },
    neighbours: neighbours && { ...fine, ...neighbours },
    ...facts,
  });
  const not = findings.filter(({ state }) => state === "not");
  return {
    works,
    not: not.map(({ check }) => check),
    say: findings.map(({ reason }) => reason).join("\n"),
    findings,
  };
}

it("where all is fine nothing is named", () => {
  expect(examine({})).toMatchObject({ works: ["multicast", "address"], not: [] });
});

it("what does not work has a next step", () => {
  const bad = [
    examine({ answered: [], loops: new Map() }, { portState: "closed" }),
    examine({ answered: [] }, { portState: "taken", cards: [] }),
    examine(undefined),
    examine({ answered: [], reached: [absent(LAPTOP, true), absent(OTHER)] }),
  ];
  for (const { findings } of bad) {
    for (const { state, next, reason } of findings) {
      const hasNext = next !== undefined || reason.includes("said above");
      expect(state === "not" ? hasNext : true, reason).toBe(true);
    }
  }
});

it("multicast that brings news from a laptop which nothing can be fetched from is no way", () => {
  const { works, not, say } = examine({ reached: [absent(LAPTOP)] });
  expect({ works, not }).toEqual({ works: [], not: [`laptop ${LAPTOP}`] });
  expect(say).toContain("its machine is there, but nobody answers");
});

it("a network that drops multicast is told from a firewall of this laptop's own", () => {
  expect(examine({ answered: [] })).toMatchObject({
    works: ["address"],
    not: ["neighbours by multicast"],
  });
  const own = examine({ answered: [], loops: new Map([["wlan0", { ipv4: false, ipv6: false }]]) });
  expect(own.not).toEqual(["multicast on wlan0", "neighbours by multicast"]);
});

it("laptops kept apart are suspected only where the way out answers and none of their machines does", () => {
  const alone = { answered: [], reached: [absent(LAPTOP, false), absent(OTHER)] };
  expect(examine(alone).not).toEqual(["laptops kept apart"]);
  expect(examine(alone, { gatewayThere: false }).not).toEqual([]);
  expect(examine({ ...alone, reached: [absent(LAPTOP, true)] }).not).toEqual([`laptop ${LAPTOP}`]);
  expect(examine({ answered: [], reached: [] }).not).toEqual([]);
});

it("laptops that were met once and are off now share a line, which blames nobody", () => {
  const { findings } = examine({
    reached: [{ peer: peer(LAPTOP) }, absent(OTHER), absent("192.168.1.9")],
  });
  expect(findings).toContainEqual({
    ...{
      check: "other laptops",
      state: "unknown",
      reason: "no answer from 192.168.1.8, 192.168.1.9",
    },
    next: expect.any(String),
  });
});

it("another channel is said as what it is, also at an address that answers", () => {
  const failure = new InfieldError(
    "unknown-channel",
    "the neighbour follows another channel",
    "use the same",
  );
  expect(
    examine({ answered: [], reached: [{ peer: peer(OTHER), failure, machineThere: true }] }),
  ).toMatchObject({
    not: [`laptop ${OTHER}`],
    say: expect.stringContaining("another channel"),
  });
});

it("a VPN that has the way out is named, and a card that carries no multicast", () => {
  const tunnel = { name: "tun0", addresses: ["10.8.0.2"], multicast: false, tunnel: true };
  expect(examine({}, { cards: [tunnel], wayOut: { interface: "tun0" } }).not).toContain("VPN");
  expect(examine({}, { cards: [tunnel] }).not).toContain("interface tun0");
});
