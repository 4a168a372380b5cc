import { formatPeerUri } from "@infield/shared/announce";
import decodeQR from "qr/decode.js";
import { expect, it } from "vitest";
import { drawQr } from "./qr-code.tsx";

/** Pixels of one module: what a camera sees of a small code on a screen. */
const SCALE = 4;

/** The path as a camera would see it: black rectangles on white. */
function paint({ size, path }: Awaited<ReturnType<typeof drawQr>>) {
  const width = size * SCALE;
  const data = new Uint8Array(width * width * 4).fill(255);
  for (const [, x, y, length] of path.matchAll(/M(\d+) (\d+)h(\d+)v1h-\d+z/g)) {
    for (let row = Number(y) * SCALE; row < (Number(y) + 1) * SCALE; row++) {
      const from = (row * width + Number(x) * SCALE) * 4;
      for (let at = from; at < from + Number(length) * SCALE * 4; at += 4) data.fill(0, at, at + 3);
    }
  }
  return { width, height: width, data };
}

it.each(["192.168.1.7", "2001:db8:85a3::8a2e:370:7334"])(
  "a camera reads the address %s",
  async (host) => {
    const uri = formatPeerUri({ host, port: 7461 }, "c5".repeat(32));
    expect(decodeQR(paint(await drawQr(uri)))).toBe(uri);
  },
);

it("has light modules around it, as cameras would not find it otherwise", async () => {
  const { size, path } = await drawQr("infield:192.168.1.7:7461");
  const starts = [...path.matchAll(/M(\d+) (\d+)h(\d+)/g)].map(([, x, y, length]) => [
    Number(x),
    Number(y),
    Number(length),
  ]);
  for (const [x = 0, y = 0, length = 0] of starts) {
    expect(Math.min(x, y)).toBeGreaterThanOrEqual(4);
    expect(Math.max(x + length, y + 1)).toBeLessThanOrEqual(size - 4);
  }
});
