/** What the command line tells of how an input was read. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openWorkshop, type Workshop } from "./testing/workshop.ts";

let shop: Workshop;
beforeAll(() => {
  shop = openWorkshop();
});
afterAll(() => shop.close());

describe("a system", () => {
  it("is kept without its machine's own, which the summary lists, and the delta fits", async () => {
    for (const folder of ["sys/etc", "sys/tmp", "sys/logs"])
      mkdirSync(shop.at(folder), { recursive: true });
    writeFileSync(shop.at("sys/etc/os-release"), "NAME=test\n");
    writeFileSync(shop.at("sys/etc/machine-id"), "6d\n");
    writeFileSync(shop.at("sys/logs/a"), "log\n");
    const made = await shop.run([
      ...["delta", "create", "empty", "sys", "-o", "sys.delta", "--exclude", "/logs/*"],
    ]);
    expect(made.stdout).toContain(
      [
        "kept out of new: 2 paths",
        "  /logs/*          --exclude   1  logs/a",
        "  /etc/machine-id  by default  1  etc/machine-id",
      ].join("\n"),
    );
    await shop.ask("delta", "apply", "empty", "sys.delta", "-o", "out");
    expect(existsSync(shop.at("out/etc/os-release"))).toBe(true);
    expect(existsSync(shop.at("out/etc/machine-id"))).toBe(false);
    const all = await shop.ask(
      ...["delta", "create", "empty", "sys", "-o", "all.delta", "--no-default-excludes"],
    );
    expect(all).toMatchObject({ excluded: { new: [] } });
  });
});

describe("a zip without modes (when python3 is installed)", () => {
  it("has its programs counted, and made executable where that is asked for", async () => {
    execFileSync(
      "python3",
      [
        "-c",
        'import zipfile; z = zipfile.ZipFile("w.zip", "w"); i = zipfile.ZipInfo("x")\n' +
          'i.filename = "bin\\\\run"; i.create_system = 0; z.writestr(i, "#!/bin/sh")',
      ],
      { cwd: shop.at(".") },
    );
    const plain = await shop.run(["delta", "create", "empty", "w.zip", "-o", "plain.delta"]);
    expect(plain.stderr).toContain("1 program is not executable, as NEW carries no modes: bin/run");
    expect(plain.stderr).toContain("--executable auto");
    const auto = ["--executable", "auto"];
    const made = await shop.run(["delta", "create", "empty", "w.zip", "-o", "w.delta", ...auto]);
    expect(made.stderr).toBe("");
    await shop.ask("delta", "apply", "empty", "w.delta", "-o", "w");
    expect(statSync(shop.at("w/bin/run")).mode & 0o777).toBe(0o755);
  });
});
