import { afterAll, expect, it } from "vitest";
import { removeTempFolders, tempFolder } from "../../harness/temp.ts";
import { Meter } from "./meter.ts";

const work = tempFolder("meter");
afterAll(removeTempFolders);

it("tells the peak of a program's memory, its children's included, and how it was called", () => {
  const meter = new Meter(work, new Map([["/the/old/tree", "OLD"]]));
  const child = "process.exit(Buffer.alloc(300 << 20, 1).length % 2)";
  const parent = `require("node:child_process").execFileSync(process.execPath, ["-e", "${child}"]); console.log("done")`;
  expect(meter.run(process.execPath, "-e", parent, "/the/old/tree", `${work}/delta`)).toBe(
    "done\n",
  );
  const { peakBytes } = meter.cost;
  if (peakBytes !== undefined) expect(peakBytes).toBeGreaterThan(300 << 20);
  expect(meter.cost.seconds).toBeGreaterThan(0);
  expect(meter.commands[0]).toMatch(/ OLD delta$/);
});

it("throws when a program fails", () => {
  expect(() => new Meter(work, new Map()).run(process.execPath, "-e", "process.exit(3)")).toThrow();
});
