/**
 * The updater on a real store, with neighbours in memory: honest ones, lying ones, and ones that
 * are not there.
 */
import {
  type Announcement,
  formatAnnouncement,
  parseAnnouncement,
  signAnnouncement,
} from "@infield/shared/announce";
import { fromBase64, InfieldError } from "@infield/shared/base";
import { createSigningKey, type SigningKey } from "@infield/shared/records";
import {
  AnswerSchema,
  Asker,
  createServer,
  PeerMessageSchema,
  parseMessage,
  peerFailed,
  type Request,
} from "@infield/shared/transfer";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { AgentEvent } from "../laptop/events.ts";
import { createLaptopStatus } from "../laptop/status.ts";
import type { WaitsFor } from "../laptop/waiting-file.ts";
import { createLinks } from "../peers/links.ts";
import type { PeerLink } from "../peers/peer-link.ts";
import { keepChannel } from "../store/root/channel-keeper.ts";
import { openRoot } from "../store/root/open-root.ts";
import type { OpenRoot } from "../store/root/root.ts";
import { createRejectedDeltas } from "../stragglers/rejected-deltas.ts";
import { type ChannelFixture, createChannelFixture } from "../testing/channel-fixture.ts";
import { createFakeClock } from "../testing/fake-clock.ts";
import type { Clock } from "../timing/clock.ts";
import { Updater } from "./updater.ts";

type Frame = string | Uint8Array;
/** An empty text is an answer that never comes. */
type Meddle = (frame: Frame, request: Request) => Frame;
const honest: Meddle = (frame) => frame;
const lying: Meddle = (frame, request) => {
  if (request.type === "get-piece" && frame instanceof Uint8Array) frame[7] = (frame[7] ?? 0) ^ 1;
  return frame;
};

let fixture: ChannelFixture;
const open: { root: OpenRoot; updater: Updater }[] = [];

beforeAll(async () => {
  fixture = await createChannelFixture([{}, {}, { health: "#!/bin/sh\nexit 1\n" }]);
});
afterEach(async () => {
  for (const { root, updater } of open.splice(0)) {
    await updater.stop();
    await root.close();
  }
});
afterAll(() => fixture.remove());

function linkTo(clock: Clock, address: string, meddle: Meddle): PeerLink {
  const serve = createServer(fixture.repository);
  const asker = new Asker(
    {
      async send(text) {
        const request = parseMessage(PeerMessageSchema, String(text));
        if (!("id" in request) || !request.type.startsWith("get-")) return;
        const send = async (answer: Frame) => {
          const frame = meddle(answer, request as Request);
          if (frame === "") return;
          if (typeof frame === "string") asker.onAnswer(parseMessage(AnswerSchema, frame));
          else asker.onBytes(frame);
        };
        void serve(request as Request, { send, close() {} });
      },
      close() {},
    },
    clock.startTimer,
  );
  let close = () => {};
  const closed = new Promise<void>((resolve) => {
    close = resolve;
  });
  const link = { id: announcementOf(2).sender.id, address, challenge: "", hasOrdered: false };
  return { ...link, asker, sendReport() {}, sendPacket() {}, close, release: close, closed };
}

/** Waits for what real files and no clock bring about. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise<void>((resolve) => setImmediate(resolve));
}

/** A laptop at `version`; `neighbours` are who there is to dial, by address. */
async function setUp(version: number, neighbours: Record<string, Meddle>) {
  const root = await openRoot(await fixture.makeRoot("laptop", version));
  const clock = createFakeClock(() => 0);
  const status = createLaptopStatus(root, "laptop", []);
  const dialled: string[] = [];
  const links = createLinks();
  const events: AgentEvent[] = [];
  let retries = 0;
  let tell: (outcome: string) => void = () => {};
  const outcome = () =>
    new Promise<string>((resolve) => {
      tell = resolve;
    });
  let waitsFor: WaitsFor | undefined;
  const updater = new Updater({
    policy: { judge: async ({ urgent }) => (urgent ? undefined : waitsFor), overrule() {} },
    ...{ root, clock, status, keeper: await keepChannel(root) },
    ...{ links, rejectedDeltas: createRejectedDeltas(), share: () => () => {}, tellHave() {} },
    onEvent: (event) => void events.push(event),
    async dial(address) {
      dialled.push(address);
      const meddle = neighbours[address];
      if (meddle === undefined) throw peerFailed("is not there");
      const link = linkTo(clock, address, meddle);
      links.add(link);
      return link;
    },
    onConfirmed: async (confirmed) => tell(`confirmed ${confirmed}`),
    onFailed: (_, { code }) => tell(code),
    onRetry: () => void retries++,
  });
  open.push({ root, updater });
  /** Announces from these addresses, and waits for how it ends. */
  const announce = (announcement: Announcement, addresses: readonly string[], proven = true) => {
    const ended = outcome();
    for (const address of addresses) updater.hear(announcement, address, proven);
    clock.advance(500);
    return ended;
  };
  const letWait = (next: WaitsFor | undefined) => {
    waitsFor = next;
  };
  return {
    root,
    clock,
    status,
    updater,
    links,
    dialled,
    events,
    retries: () => retries,
    announce,
    letWait,
  };
}

function announcementOf(version: number): Announcement {
  const signed =
    fromBase64(fixture.releases[version - 1]?.file.announcement ?? "") ?? new Uint8Array();
  const packet = formatAnnouncement(signed, { port: 7461, id: "00000000000000bb" });
  const announcement = parseAnnouncement(packet);
  if (announcement === undefined) throw new Error("the fixture's announcement does not parse");
  return announcement;
}
function announcementBy(key: SigningKey, changes: Partial<Announcement>): Announcement {
  const announcement = { ...announcementOf(2), ...changes };
  return { ...announcement, signed: signAnnouncement(announcement, key) };
}

describe("the updater", () => {
  it("leaves a release that has to wait, says so, and asks for it later", async () => {
    const { clock, status, updater, dialled, letWait, announce, retries } = await setUp(1, {
      a: honest,
    });
    letWait("charger");
    void announce(announcementOf(2), ["a"]);
    await updater.settled();
    expect(status.report()).toMatchObject({ state: "waiting", target: 2, waitsFor: "charger" });
    expect(dialled).toEqual([]);
    const hour = async () => {
      for (let minutes = 0; minutes < 60; minutes += 5) {
        clock.advance(5 * 60_000);
        for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
      }
    };
    await hour();
    expect(retries()).toBe(0);
    letWait(undefined);
    await hour();
    expect(retries()).toBe(1);
    expect(await announce(announcementOf(2), ["a"])).toBe("confirmed 2");
    expect(status.report()).toMatchObject({ state: "resting", version: 2 });
  });

  it("takes what follows an urgent release as urgent, until that is here", async () => {
    const { letWait, announce, updater, status } = await setUp(1, { a: honest });
    letWait("hours");
    // Another release, of somebody who has gone.
    const urgent = { ...announcementOf(2), urgent: true, recordHash: new Uint8Array(32) };
    expect(await announce(urgent, ["nobody"])).toBe("peer-failed");
    expect(await announce(announcementOf(2), ["a"])).toBe("confirmed 2");
    await updater.settled();
    expect(status.report()).toMatchObject({ version: 2, state: "resting" });
  });

  it("takes an urgent release at once, whatever others wait for", async () => {
    const { letWait, announce } = await setUp(1, { a: honest });
    letWait("hours");
    // The flag is signed: only its reading is changed here.
    expect(await announce({ ...announcementOf(2), urgent: true }, ["a"])).toBe("confirmed 2");
  });

  it("leaves a neighbour that lies or is gone, and fetches the rest from the next", async () => {
    const { root, announce, dialled } = await setUp(1, { liar: lying, honest });
    expect(await announce(announcementOf(2), ["liar", "gone", "honest"])).toBe("confirmed 2");
    expect(dialled).toEqual(["liar", "gone", "honest"]);
    expect(root.state().current).toBe(2);
  });

  it("fails when nobody delivers, and wants nothing for a pause that doubles", async () => {
    const { clock, updater, status, links, announce, retries } = await setUp(1, { liar: lying });
    const failing = announce(announcementOf(2), ["liar"]);
    await until(() => links.all().length === 1);
    await until(() => links.all().length === 0);
    clock.advance(30_000);
    expect(await failing).toBe("blob-damaged");
    expect(status.report()).toMatchObject({
      state: "failed",
      target: 2,
      problem: { code: "blob-damaged" },
    });
    await updater.settled();
    expect(updater.wants(announcementOf(2))).toBe(false);
    clock.advance(2_500);
    expect([updater.wants(announcementOf(2)), retries()]).toEqual([true, 1]);
    expect(await announce(announcementOf(2), ["liar"])).toBe("peer-failed");
    await updater.settled();
    clock.advance(4_999);
    expect([updater.wants(announcementOf(2)), retries()]).toEqual([false, 1]);
    clock.advance(1);
    expect([updater.wants(announcementOf(2)), retries()]).toEqual([true, 2]);
    expect(updater.wants(announcementOf(3))).toBe(true);
  });

  it("takes no other release than the announced one", async () => {
    const { root, announce } = await setUp(1, { honest });
    const otherHash = announcementBy(fixture.key, { recordHash: new Uint8Array(32).fill(7) });
    expect(await announce(otherHash, ["honest"])).toBe("peer-failed");
    expect(root.state().current).toBe(1);
  });

  it("takes nothing that nobody signed, which is no failure and no reason to pause", async () => {
    const { root, announce, updater, status, dialled, retries } = await setUp(1, { honest });
    const stranger = announcementBy(createSigningKey(), {});
    void announce(stranger, ["honest", "gone"], false);
    await updater.settled();
    expect(dialled).toEqual(["honest", "gone"]);
    expect(status.report().state).toBe("resting");
    expect([updater.wants(stranger), updater.wants(announcementOf(2)), retries()]).toEqual([
      true,
      true,
      0,
    ]);
    expect(await announce(announcementOf(2), ["honest"])).toBe("confirmed 2");
    expect(root.state().current).toBe(2);
  });

  it("has nobody give way to what nobody signed", async () => {
    const { root, announce, updater } = await setUp(1, { honest });
    let gaveWay = false;
    let end = () => {};
    const work = () =>
      new Promise<void>((resolve) => {
        end = resolve;
      });
    const working = root.change(work, () => {
      gaveWay = true;
      end();
    });
    void announce(announcementBy(createSigningKey(), {}), ["honest"], false);
    await updater.settled();
    expect(gaveWay).toBe(false);
    end();
    await working;
  });

  it("takes what is signed first, however many releases somebody invents", async () => {
    const { announce, updater, dialled } = await setUp(1, { honest });
    for (let version = 100; version < 200; version++) {
      updater.hear(announcementBy(createSigningKey(), { version }), "forger", false);
    }
    expect(await announce(announcementOf(2), ["honest"])).toBe("confirmed 2");
    await updater.settled();
    expect(dialled).toEqual(["honest", "forger"]);
  });

  it("waits five seconds for the chain of an unproven neighbour, not longer", async () => {
    const asked: (() => void)[] = [];
    const { clock, announce, updater } = await setUp(1, {
      silent: () => {
        for (const told of asked) told();
        return "";
      },
      honest,
    });
    const dialled = new Promise<void>((resolve) => asked.push(resolve));
    void announce(announcementBy(createSigningKey(), {}), ["silent"], false);
    await dialled;
    clock.advance(5_000);
    await updater.settled();
    expect(await announce(announcementOf(2), ["honest"])).toBe("confirmed 2");
  });

  it("tries another release of the same version when one has failed", async () => {
    const { announce, updater } = await setUp(1, { honest });
    await announce(announcementBy(fixture.key, { recordHash: new Uint8Array(32).fill(7) }), [
      "honest",
    ]);
    await updater.settled();
    expect(updater.wants(announcementOf(2))).toBe(true);
    expect(await announce(announcementOf(2), ["honest"])).toBe("confirmed 2");
  });

  it("relays the announcement it verified, not what the neighbour's file says", async () => {
    const meddle: Meddle = (frame, request) => {
      if (request.type !== "get-release" || typeof frame !== "string") return frame;
      const answer = JSON.parse(frame);
      answer.text = JSON.stringify({ ...JSON.parse(answer.text), announcement: "AAAA" });
      return JSON.stringify(answer);
    };
    const { root, announce } = await setUp(1, { meddler: meddle });
    expect(await announce(announcementOf(2), ["meddler"])).toBe("confirmed 2");
    const stored = await root.repository.open("releases/2.json");
    const text = new TextDecoder().decode(await stored?.read(0, stored.size));
    expect(JSON.parse(text).announcement).toBe(fixture.releases[1]?.file.announcement);
  });

  it("keeps no announcement that nobody signed of a release in between", async () => {
    const meddle: Meddle = (frame, request) => {
      if (request.type !== "get-release" || request.version !== 1 || typeof frame !== "string")
        return frame;
      const answer = JSON.parse(frame);
      answer.text = JSON.stringify({ ...JSON.parse(answer.text), announcement: "AAAA" });
      return JSON.stringify(answer);
    };
    const { root, announce } = await setUp(0, { meddler: meddle });
    expect(await announce(announcementOf(2), ["meddler"])).toBe("confirmed 2");
    const stored = await root.repository.open("releases/1.json");
    const text = new TextDecoder().decode(await stored?.read(0, stored.size));
    expect(JSON.parse(text).announcement).toBe("");
  });

  it("holds against a release that failed its health check, and says so", async () => {
    const { root, clock, updater, announce } = await setUp(2, { honest });
    expect(await announce(announcementOf(3), ["honest"])).toBe("health-failed");
    expect(root.state()).toMatchObject({ current: 2, held: 3 });
    clock.advance(3_600_000);
    expect(updater.wants(announcementOf(3))).toBe(false);
    expect(updater.wants({ ...announcementOf(3), version: 4 })).toBe(true);
  });

  it("begins with the channel's id alone: chain and releases come from neighbours", async () => {
    const { root, announce } = await setUp(0, { honest });
    expect(await announce(announcementOf(2), ["gone", "honest"], false)).toBe("confirmed 2");
    expect(root.state()).toMatchObject({ current: 2, confirmed: true });
  });

  it("breaks off when told to, which is no failure", async () => {
    const { updater, status, announce, retries } = await setUp(1, {
      slow: (frame, request) => {
        if (request.type === "get-piece") updater.interrupt();
        return frame;
      },
    });
    void announce(announcementOf(2), ["slow"]);
    await updater.settled();
    expect(status.report().state).toBe("resting");
    expect([updater.wants(announcementOf(2)), retries()]).toEqual([true, 0]);
  });

  /** A neighbour that never sends a piece, and when it was asked for the first. */
  function crawling() {
    let tell = () => {};
    const asked = new Promise<void>((resolve) => {
      tell = resolve;
    });
    const meddle: Meddle = (frame, request) => {
      if (request.type !== "get-piece") return frame;
      tell();
      return "";
    };
    return { meddle, asked };
  }

  it("asks another neighbour for what a silent one owes, and dials it only then", async () => {
    const { meddle, asked } = crawling();
    const { clock, updater, announce, dialled } = await setUp(1, { slow: meddle, honest });
    const ended = announce(announcementOf(2), ["slow"]);
    await asked;
    clock.advance(10_000);
    updater.hear(announcementOf(2), "honest", true);
    expect(dialled).toEqual(["slow"]);
    clock.advance(500);
    await until(() => dialled.length === 2);
    let over = false;
    void ended.then(() => {
      over = true;
    });
    await until(() => {
      clock.advance(1);
      return over;
    });
    expect(await ended).toBe("confirmed 2");
  });

  it("breaks a fetch off when somebody at this machine hands a release over", async () => {
    const { meddle, asked } = crawling();
    const { updater, announce, status } = await setUp(1, { slow: meddle });
    void announce(announcementOf(2), ["slow"]);
    await asked;
    updater.interruptFetch();
    await updater.settled();
    expect(status.report().state).toBe("resting");
  });

  it("stopped before it has begun, it has ended for all who wait, with no timer left", async () => {
    const { updater, clock } = await setUp(1, { honest });
    updater.hear(announcementOf(2), "honest", true);
    const waits = [updater.settled(), updater.ended()];
    await updater.stop();
    await Promise.all(waits);
    expect(clock.waiting()).toBe(0);
  });

  it("stopped, it has ended for whoever waits for the next thing too", async () => {
    const { updater } = await setUp(1, {});
    const ended = updater.ended();
    await updater.stop();
    await ended;
  });

  it("gives an error of its own when there is nothing to install from this machine", async () => {
    const { root, updater } = await setUp(0, {});
    await expect(root.change((writable) => updater.installNewest(writable))).rejects.toBeInstanceOf(
      InfieldError,
    );
  });
});
