/** A swarm of real agents over real sockets of the loopback interface. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { hashPieces, isPiece, pieceCount, pieceRange } from "@infield/shared/records";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { startAgent } from "../cli/testing/running-agent.ts";
import { openWorkshop, type Workshop } from "../cli/testing/workshop.ts";
import { startTestAgent, type TestAgent } from "../testing/agents.ts";
import { type ChannelFixture, createChannelFixture } from "../testing/channel-fixture.ts";
import { type ControlledSource, startSource } from "../testing/controlled-source.ts";

let fixture: ChannelFixture;
let shop: Workshop;
const agents: TestAgent[] = [];
const ends: (() => unknown)[] = [];
beforeAll(async () => {
  fixture = await createChannelFixture([{}, {}]);
  shop = openWorkshop();
});
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
  for (const agent of agents.splice(0)) await agent.stop();
});
afterAll(async () => {
  await fixture.remove();
  shop.close();
});

/** Waits for what another process writes; nothing tells of it. */
async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise<void>((resolve) => setTimeout(resolve, 20));
}

function announceOften(source: ControlledSource): void {
  const timer = setInterval(source.announce, 200);
  ends.push(() => clearInterval(timer));
}

function secondBlob() {
  const blob = fixture.releases[1]?.record.blobs[0];
  if (blob === undefined) throw new Error("version 2 has a blob");
  return { ...blob, pieces: pieceCount(blob.bytes) };
}

/** Pieces of the second release's blob that lie in a root, on their way in or there. */
async function heldIn(root: string): Promise<number[]> {
  const { pieces, bytes, root: name } = secondBlob();
  const content = await fixture.repository.open(`blobs/${name}`);
  const list = content ? await hashPieces(content) : new Uint8Array();
  const file = await readFile(join(root, "incoming", `${name}.part`))
    .catch(() => readFile(join(root, "repository", "blobs", name)))
    .catch(() => new Uint8Array());
  return [...Array(pieces).keys()].filter((index) => {
    const { offset, bytes: length } = pieceRange(bytes, index);
    return isPiece(list, index, file.subarray(offset, offset + length));
  });
}

it("three laptops get all of it from one that gives each piece away once and is gone", async () => {
  const { pieces } = secondBlob();
  const given = new Set<number>();
  let isGone = false;
  const source = await startSource(fixture, 2, (index) => {
    if (given.has(index)) return false;
    given.add(index);
    return true;
  });
  ends.push(() => isGone || source.kill());
  announceOften(source);
  for (const name of ["a", "b", "c"])
    agents.push(await startTestAgent(await fixture.makeRoot(name, 1)));
  const among = async () =>
    new Set((await Promise.all(agents.map(({ root }) => heldIn(root)))).flat());
  await until(async () => (await among()).size === pieces);
  isGone = true;
  await source.kill();
  await Promise.all(
    agents.map((agent) => agent.until("confirmed", ({ version }) => version === 2)),
  );
  for (const { root } of agents)
    expect(await readFile(join(root, "current", "version"), "utf8")).toBe("2\n");
});

it("an agent killed while it fetches goes on with only what is missing", async () => {
  const { pieces } = secondBlob();
  const root = await fixture.makeRoot("killed", 1);
  const asked: number[] = [];
  let most = 3;
  const source = await startSource(fixture, 2, (index) => asked.push(index) <= most);
  ends.push(source.kill);
  announceOften(source);

  const first = await startAgent(shop, root);
  ends.push(() => first.end("SIGKILL"));
  await until(async () => (await heldIn(root)).length === 3);
  await first.end("SIGKILL");
  const kept = await heldIn(root);
  asked.length = 0;
  most = Number.POSITIVE_INFINITY;

  const second = await startAgent(shop, root);
  ends.push(() => second.end("SIGKILL"));
  await second.until("confirmed", { version: 2 });
  expect(asked.sort((a, b) => a - b)).toEqual(
    [...Array(pieces).keys()].filter((index) => !kept.includes(index)),
  );
});
