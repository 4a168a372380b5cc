import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { LEVEL_NAMES } from "@infield/shared/delta";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeHardTree } from "./testing/hard-tree.ts";
import { describeFolder, openWorkshop, type Workshop } from "./testing/workshop.ts";

let shop: Workshop;
beforeAll(() => {
  shop = openWorkshop();
  writeHardTree(shop.at("old"), "first edition");
  writeHardTree(shop.at("new"), "second edition");
  writeFileSync(shop.at("new", "added"), "added");
  rmSync(shop.at("new", "readme"));
  mkdirSync(shop.at("nothing"));
});
afterAll(() => shop.close());

let counter = 0;
/** Makes and applies a delta; the JSON of both, and what came out. */
async function roundTrip(
  old: string,
  next: string,
): Promise<{
  created: Record<string, unknown>;
  applied: Record<string, unknown>;
  result: string[];
}> {
  const [delta, out] = [`delta ${++counter}`, `out ${counter}`];
  const created = await shop.ask("delta", "create", old, next, "-o", delta);
  const applied = await shop.ask("delta", "apply", old, delta, "-o", out);
  return { created, applied, result: describeFolder(shop.at(out)) };
}

describe("a delta made and applied on the command line", () => {
  it("gives the new tree, whatever names, links and modes it has", async () => {
    const { created, applied, result } = await roundTrip("old", "new");
    expect(result).toEqual(describeFolder(shop.at("new")));
    expect(created).toMatchObject({
      changes: { added: 1, removed: 1, moved: 0, changed: 11, unchanged: 9 },
      old: { entries: 21 },
      new: { tree: applied.tree, entries: 21 },
      bytes: readFileSync(shop.at(`delta ${counter}`)).length,
    });
  });

  it("works from an empty tree and to one, by word and by folder", async () => {
    const whole = describeFolder(shop.at("new"));
    expect((await roundTrip("empty", "new")).result).toEqual(whole);
    expect((await roundTrip("nothing", "new")).result).toEqual(whole);
    expect((await roundTrip("old", "empty")).result).toEqual([]);
    expect((await roundTrip("old", "nothing")).result).toEqual([]);
    expect((await roundTrip("empty", "empty")).result).toEqual([]);
  });

  it("works between equal trees", async () => {
    const { created, result } = await roundTrip("new", "new");
    expect(result).toEqual(describeFolder(shop.at("new")));
    expect(created).toMatchObject({ changes: { added: 0, removed: 0, moved: 0, changed: 0 } });
  });

  it("takes archives for either side, and for the base when it is applied", async () => {
    execFileSync("tar", ["-cf", shop.at("old.tar"), "-C", shop.at("old"), "."]);
    execFileSync("tar", ["-czf", shop.at("new.tar.gz"), "-C", shop.at("new"), "."]);
    expect((await roundTrip("old.tar", "new.tar.gz")).result).toEqual(
      describeFolder(shop.at("new")),
    );
    expect((await roundTrip("new.tar.gz", "old")).result).toEqual(describeFolder(shop.at("old")));
  });

  it("works for 2,000 small files", async () => {
    for (const [folder, text] of [
      ["many old", "told"],
      ["many new", "told again"],
    ] as const) {
      mkdirSync(shop.at(folder));
      for (let i = 0; i < 2_000; i++)
        writeFileSync(shop.at(folder, `${i}`), i % 100 === 0 ? `${i} ${text}` : `${i}`);
    }
    const { created, result } = await roundTrip("many old", "many new");
    expect(result).toEqual(describeFolder(shop.at("many new")));
    expect(created).toMatchObject({ changes: { changed: 20, unchanged: 1980 } });
  });

  it.each(LEVEL_NAMES)("comes back at level %s", async (level) => {
    await shop.ask("delta", "create", "old", "new", "-o", level, "--level", level);
    await shop.ask("delta", "apply", "old", level, "-o", `${level} out`);
    expect(describeFolder(shop.at(`${level} out`))).toEqual(describeFolder(shop.at("new")));
  });

  it("says in plain text what it did", async () => {
    const { exitCode, stdout, stderr } = await shop.run([
      "delta",
      "create",
      "old",
      "new",
      "-o",
      "plain",
    ]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(stdout).toMatch(/^old {4,}[\d.]+ kB {2}21 entries\nnew /);
    expect(stdout).toContain("11 changed, 1 added, 0 moved, 1 removed, 9 unchanged\n");
    expect(stdout).toMatch(/\nmade in .+\n$/);
    const applied = await shop.run(["delta", "apply", "old", "plain", "-o", "plain out"]);
    expect(applied.stdout).toMatch(/^plain out: [\d.]+ kB in 21 entries, checked, in .+\n$/);
  });

  it("is inspected without its base, and every byte of it is accounted for", async () => {
    await shop.ask("delta", "create", "old", "new", "-o", "inspected");
    const info = await shop.ask("delta", "inspect", "inspected");
    const bytes = readFileSync(shop.at("inspected")).length;
    const parts = info.parts as { name: string; storedBytes: number; plainBytes: number }[];
    expect(parts.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["header and framing", "group table", "skeleton"]),
    );
    expect(parts.reduce((total, part) => total + part.storedBytes, 0)).toBe(bytes);
    expect(Math.min(...parts.map(({ storedBytes }) => storedBytes))).toBeGreaterThanOrEqual(0);
    expect(info).toMatchObject({
      bytes,
      formatVersion: 3,
      groups: [{}],
      work: [{ name: "bytes predicted" }, { name: "steps modelled" }],
    });
    const { stdout } = await shop.run(["delta", "inspect", "inspected"]);
    expect(stdout).toMatch(/^part {2,}bytes {2}unpacked$/m);
    expect(stdout).toMatch(/^work +[\d,]+ bytes predicted, [\d,]+ steps modelled/m);
    for (const { name, storedBytes, plainBytes } of parts)
      expect(stdout).toMatch(new RegExp(`^${name} +${storedBytes} +${plainBytes}$`, "m"));
    expect(stdout).toContain(`target tree     ${info.target}\n`);
  });

  it("leaves nothing beside its output", () => {
    expect(existsSync(shop.at("delta 1"))).toBe(true);
    expect(describeFolder(shop.folder).filter((line) => /unfinished|\.new/.test(line))).toEqual([]);
  });
});
