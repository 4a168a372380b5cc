/**
 * A small class of the laboratory, so that its parts and the agents' stay together; `npm run lab`
 * has the scenarios in full.
 */
import { afterAll, describe, expect, it } from "vitest";
import { removeTempFolders, tempFolder } from "../harness/temp.ts";
import { LACKS_ROOMS, WITH_ROOMS } from "../room/namespaces.ts";
import { room } from "./scenarios/room.ts";

const PLAN = { laptops: 4, minutes: 0, level: "fast", say: () => {} };

afterAll(removeTempFolders);

describe.skipIf(LACKS_ROOMS)(`four laptops on one medium of 20 Mbit/s ${WITH_ROOMS}`, () => {
  it.each([0, 10])(
    "all take a megabyte from the one that has it, where %i of a hundred packets are lost",
    async (lossPercent) => {
      const { data } = await room({ ...PLAN, lossPercent, folder: tempFolder("lab") });
      const { all, cost, blobBytes } = data;
      expect(all).toBe(true);
      expect(cost.dropped).toBe(0);
      // One segment a frame: else one draw would lose a hundred.
      expect(cost.airBytes / cost.airFrames).toBeLessThanOrEqual(1514);
      expect(cost.airBytes / blobBytes / 3).toBeGreaterThan(lossPercent === 0 ? 1 : 1.02);
      expect(cost.airBytes / blobBytes / 3).toBeLessThan(1.5);
    },
  );
});
