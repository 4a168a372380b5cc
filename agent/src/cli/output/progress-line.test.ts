import { describe, expect, it } from "vitest";
import { createProgressLine, formatProgressLine } from "./progress-line.ts";

const WIPE = "\r\u001b[K";

function fakeTerminal(columns: number) {
  const written: string[] = [];
  return { isTTY: true, columns, written, write: (text: string) => written.push(text) };
}

describe("the progress line", () => {
  it("says how far, how fast and how long", () => {
    expect(
      formatProgressLine("reading OLD", { done: 3e6, total: 1e7, rate: 1e6, remainingMs: 7000 }),
    ).toBe("reading OLD  [######--------------]   30%  3.0 MB of 10 MB  1.0 MB/s  7 s left");
    expect(formatProgressLine("reading OLD", { done: 0, total: 0 })).toBe(
      "reading OLD  [--------------------]    0%  0 bytes of 0 bytes",
    );
  });

  it("is drawn at most ten times a second, within the window, and wiped", () => {
    let time = 0;
    const terminal = fakeTerminal(30);
    const line = createProgressLine(terminal, () => time);
    for (time = 0; time < 1000; time += 10) line.update("making the delta", time, 1000);
    line.end();
    expect(terminal.written).toHaveLength(11);
    const lines = terminal.written.map((text) => text.split(WIPE));
    for (const [nothing, line] of lines)
      expect([nothing, (line ?? "").length < 30]).toEqual(["", true]);
    expect(terminal.written.at(-1)).toBe(WIPE);
  });

  it("measures anew for the next stage", () => {
    let time = 0;
    const terminal = fakeTerminal(120);
    const line = createProgressLine(terminal, () => time);
    line.update("one", 0, 100);
    time = 1000;
    line.update("one", 100, 100);
    time = 2000;
    line.update("two", 0, 100);
    expect(terminal.written[1]).toContain("100 bytes/s");
    expect(terminal.written[2]).not.toContain("/s");
  });

  it("stays silent where there is no terminal", () => {
    const written: string[] = [];
    const line = createProgressLine({ write: (text) => written.push(text) }, () => 0);
    line.update("one", 1, 2);
    line.end();
    expect(written).toEqual([]);
  });
});
