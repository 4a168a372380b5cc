import { InfieldError } from "@infield/shared/base";
import { afterEach, describe, expect, it, vi } from "vitest";
import { debug } from "./debug.ts";

const lines: string[] = [];
afterEach(() => {
  vi.restoreAllMocks();
  lines.length = 0;
});

function watchStderr(): void {
  vi.spyOn(process.stderr, "write").mockImplementation((line) => {
    lines.push(String(line));
    return true;
  });
}

describe("debug output", () => {
  it("of a wanted area is a line with time, area and values", () => {
    watchStderr();
    debug("peers", "announce, peers")("dialled %s port %d", "192.0.2.7", 7461);
    expect(lines).toEqual([
      expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z peers: dialled 192\.0\.2\.7 port 7461\n$/),
    ]);
  });

  it("stays on one line, with an error's code and message and without its stack", () => {
    watchStderr();
    const log = debug("store", "store");
    log("failed: %s", new InfieldError("no-space", "the disk is full", "free some"));
    log("failed: %s", new Error("it broke"));
    log("route %O", { from: 3, steps: Array.from({ length: 30 }, (_, at) => ({ to: at })) });
    expect(lines.map((line) => line.slice(line.indexOf("store: ")))).toEqual([
      "store: failed: no-space: the disk is full\n",
      "store: failed: it broke\n",
      expect.stringMatching(/^store: route \{ from: 3, steps: .*\}\n$/),
    ]);
  });

  it("of all areas is had with *", () => {
    watchStderr();
    debug("store", "*")("switched");
    expect(lines).toHaveLength(1);
    expect(debug("store", "*").enabled).toBe(true);
  });

  it.each([undefined, "", "announce", "peer"])("of others is not printed: %j", (wanted) => {
    watchStderr();
    const log = debug("peers", wanted);
    log("dialled");
    expect(lines).toEqual([]);
    expect(log.enabled).toBe(false);
  });
});
