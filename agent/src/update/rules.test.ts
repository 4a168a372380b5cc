import { InfieldError, MAX_DECODER_BYTES, SMALL_DECODER_BYTES } from "@infield/shared/base";
import { LEVELS } from "@infield/shared/delta";
import { describe, expect, it } from "vitest";
import { checkMemory } from "./rules.ts";

const MiB = 1024 * 1024;
const bytesOf = (level: string) => LEVELS.find((costs) => costs.level === level)?.decoderBytes ?? 0;
const refusal = (decoderBytes: number, freeBytes: number): string => {
  try {
    checkMemory(13, decoderBytes, freeBytes);
    return "taken";
  } catch (error) {
    if (error instanceof InfieldError) return `${error.code}: ${error.message}`;
    throw error;
  }
};

describe("the memory that a delta needs", () => {
  it("is given at level default even where next to nothing is free", () => {
    expect(refusal(bytesOf("default"), MiB)).toBe("taken");
    expect(refusal(SMALL_DECODER_BYTES, MiB)).toBe("taken");
  });

  it("is given at level best where a third as much again is free, else refused with both numbers", () => {
    expect(refusal(bytesOf("best"), 200 * MiB)).toBe("taken");
    expect(refusal(bytesOf("best"), 180 * MiB)).toBe(
      "delta-memory: the delta to version 13 needs 151 MB of memory, and 189 MB is free here",
    );
  });

  it("is refused above the limit, however much is free", () => {
    expect(refusal(MAX_DECODER_BYTES, 4096 * MiB)).toBe("taken");
    expect(refusal(300 * MiB, 4096 * MiB)).toBe(
      "delta-memory: the delta to version 13 needs 315 MB of memory, and no more than 268 MB is given",
    );
  });

  it("is within the limit at every level", () => {
    for (const { decoderBytes } of LEVELS)
      expect(decoderBytes).toBeLessThanOrEqual(MAX_DECODER_BYTES);
  });
});
