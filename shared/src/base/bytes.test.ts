import { describe, expect, it } from "vitest";
import { concatBytes, fromBase64, fromHex, fromUtf8, toBase64, toHex, utf8 } from "./bytes.ts";

describe("bytes", () => {
  it("go to hex and base64 and back", () => {
    const bytes = Uint8Array.of(0, 1, 127, 128, 255);
    expect(fromHex(toHex(bytes), 5)).toEqual(bytes);
    expect(fromBase64(toBase64(bytes))).toEqual(bytes);
  });

  it("refuse every other spelling of hex", () => {
    for (const hex of ["", "0", "0g", "AB", "0001", " 0"]) expect(fromHex(hex, 1)).toBeUndefined();
  });

  it("refuse base64 whose unused bits are not zero, or that is cut short", () => {
    expect(fromBase64("AB==")).toBeUndefined();
    expect(fromBase64("AA=")).toBeUndefined();
    expect(fromBase64("A A=")).toBeUndefined();
    expect(fromBase64("AA==")).toEqual(Uint8Array.of(0));
  });

  it("refuse text that is not UTF-8, and keep a byte order mark", () => {
    expect(fromUtf8(Uint8Array.of(0xff))).toBeUndefined();
    expect(fromUtf8(utf8("\ufeffa"))).toBe("\ufeffa");
  });

  it("are joined in order", () => {
    expect(concatBytes([Uint8Array.of(1), new Uint8Array(), Uint8Array.of(2, 3)])).toEqual(
      Uint8Array.of(1, 2, 3),
    );
  });
});
