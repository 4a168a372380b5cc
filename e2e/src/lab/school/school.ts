/**
 * What most scenarios begin with: a class at version 1, version 2 as a delta of a megabyte, and one
 * shared medium.
 */
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { shareMedium } from "../../room/medium.ts";
import { openRoom, type Room, type Station } from "../../room/namespaces.ts";
import { countPackets, losePackets } from "../../room/wire.ts";
import { installImage, type LabLaptop, leaveRoom, seatLaptops } from "./laptops.ts";
import type { Options } from "./options.ts";
import { LabChannel, writeFirstTree, writeNextTree } from "./releases.ts";

export const MEDIUM_MBIT = 20;
const FIRST = { texts: 100, pictures: 20 };
/** With these, version 2 is a megabyte more. */
const SECOND = { texts: 40, pictures: 15 };
/**
 * After the last agent is ready: what they ask and answer at first is over, and the processors are
 * idle.
 */
const SETTLE_MS = 3_000;

export interface School {
  readonly room: Room;
  readonly channel: LabChannel;
  readonly laptops: readonly LabLaptop[];
  /** Stations at which no agent runs. */
  readonly guests: readonly Station[];
  /** Bytes of the blob from version 1 to version 2. */
  readonly blobBytes: number;
  leave(): Promise<void>;
}

/**
 * The channel with both releases, and an image of a laptop at version 1. `more`: options of version
 * 2.
 */
export async function prepareReleases(folder: string, level: string, ...more: readonly string[]) {
  const channel = await LabChannel.create(folder);
  writeFirstTree(channel.tree(1), FIRST);
  await channel.release(1, ["empty"], "--level", level);
  const image = await installImage(channel.repository, join(folder, "image"));
  writeNextTree(channel.tree(1), channel.tree(2), 2, SECOND);
  await channel.release(2, [1], "--level", level, ...more);
  return { channel, image };
}

/** Everybody is seated, ready and quiet; from here on packets are lost. */
export async function openSchool(
  {
    folder,
    laptops: count,
    lossPercent,
    level,
    say,
    guests = 0,
  }: Options & { readonly guests?: number },
  ...more: readonly string[]
): Promise<School> {
  say("making two releases and installing the first …");
  const { channel, image } = await prepareReleases(folder, level, ...more);
  const room = openRoom(count + guests);
  shareMedium(room, MEDIUM_MBIT);
  countPackets(room);
  say(`starting ${count} agents …`);
  const seats = room.stations.slice(0, count);
  const laptops = await seatLaptops(folder, seats, () => image);
  await wait(SETTLE_MS);
  losePackets(room, () => lossPercent);
  const leave = () => leaveRoom(room, laptops);
  return {
    room,
    channel,
    laptops,
    guests: room.stations.slice(count),
    blobBytes: channel.blobBytes(2, 1),
    leave,
  };
}
