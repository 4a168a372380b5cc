/**
 * The whole way, on real packages: a volunteer's browser makes two releases and hands them to the
 * teacher's agent; three laptops converge through the announcement on group n+1; their trees are
 * compared with the package, file by file; one rolls back.
 */
import { execFileSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import {
  chooseArchive,
  chooseFolder,
  createChannelOnPage,
  forgetChoice,
  handToLaptop,
  makeDelta,
  type Step,
  signRelease,
} from "../browser/prepare-page.ts";
import { takeScreenshot } from "../browser/screenshot.ts";
import { readAccess } from "../harness/agents.ts";
import { infield } from "../harness/infield.ts";
import { tempFolder } from "../harness/temp.ts";
import { compareFolders } from "../trees/compare-folders.ts";
import { nativePair, type PackagePair, TEXT } from "../trees/packages.ts";
import { useStage } from "./stage.ts";

const NAMES = ["Amina", "Bopha", "Carlos"];
const stage = useStage();
let folder: string;

describe.each([
  { kind: "native code, from folders", pair: nativePair, prepare: asFolders },
  { kind: "text, from .tar.gz with links and odd modes", pair: () => TEXT, prepare: asArchives },
])("a package of $kind", ({ pair, prepare }) => {
  it("goes from the volunteer's page to every laptop and back", async () => {
    folder = tempFolder("whole-way");
    const trees = prepare(pair(), folder);
    const teacherRoot = join(folder, "teacher");
    await stage.startAgent("Teacher", teacherRoot);
    const { page: address, teacherKey } = await readAccess(teacherRoot);
    const { page, complaints } = await stage.openPage(address);

    // The first release, as a full install; on a stick to the three laptops, through the agent to
    // the teacher's.
    await page.getByRole("link", { name: "Prepare" }).click();
    await page.getByRole("button", { name: "No old files: full install" }).click();
    await chooseTree(page, "New files", trees.old);
    await page.getByRole("button", { name: "Make the delta" }).click();
    await createChannelOnPage(page, `Class ${pair().name}`);
    await signRelease(page, 1);
    const stick = await exportZip(page, join(folder, "stick.zip"));
    await handToLaptop(page, 1);
    for (const name of NAMES) {
      await infield("install", stick, "--root", join(folder, name));
      await stage.startAgent(name, join(folder, name), "--teacher", teacherKey);
    }

    // The second release, as a delta.
    await forgetChoice(page, "Old files");
    await chooseTree(page, "Old files", trees.old);
    await forgetChoice(page, "New files");
    await chooseTree(page, "New files", trees.next);
    await makeDelta(page);
    await page.getByLabel("Notes for teachers").fill("the newest version of the package");
    await takeScreenshot(page, `prepare-${pair().name}`);
    await signRelease(page, 2);
    await handToLaptop(page, 2);

    // The classroom converges.
    await page.getByRole("link", { name: "Classroom" }).click();
    for (const name of NAMES)
      await page.getByRole("row", { name }).getByText("Waiting for version 2").waitFor();
    await takeScreenshot(page, `classroom-before-${pair().name}`);
    await page.getByRole("button", { name: "Update the classroom" }).click();
    for (const name of NAMES)
      await page.getByRole("row", { name }).getByText("Has the newest version").waitFor();
    await takeScreenshot(page, `classroom-after-${pair().name}`);
    for (const name of ["teacher", ...NAMES]) {
      expect(compareFolders(trees.next, join(folder, name, "current/")), name).toEqual([]);
      expect((await infield("verify", "--root", join(folder, name))).differences, name).toEqual([]);
    }

    // One laptop goes back, and stays there.
    await page
      .getByRole("row", { name: "Bopha" })
      .getByRole("button", { name: "Roll back" })
      .click();
    await takeScreenshot(page, `roll-back-${pair().name}`);
    await page.getByRole("button", { name: "Roll back to version 1" }).click();
    await page
      .getByRole("row", { name: "Bopha" })
      .getByText(/^Rolled back/)
      .waitFor();
    await takeScreenshot(page, `classroom-rolled-back-${pair().name}`);
    expect(compareFolders(trees.old, join(folder, "Bopha", "current/"))).toEqual([]);
    expect(compareFolders(trees.next, join(folder, "Amina", "current/"))).toEqual([]);
    expect(complaints).toEqual([]);
    await page.close();
  }, 600_000);
});

/** The folders as npm laid them out. */
function asFolders(pair: PackagePair): PackagePair {
  return pair;
}

/**
 * The packages with what only an archive keeps, as `FOLDER/old.tar.gz` and `FOLDER/next.tar.gz`
 * beside the folders.
 */
function asArchives(pair: PackagePair, at: string): PackagePair {
  for (const age of ["old", "next"] as const) {
    const tree = join(at, age);
    cpSync(pair[age], tree, { recursive: true });
    symlinkSync("package.json", join(tree, "link"));
    symlinkSync("/nowhere/at all", join(tree, "dangling"));
    mkdirSync(join(tree, "ផ្ទះ", "بيت"), { recursive: true });
    chmodSync(join(tree, "package.json"), 0o444);
    execFileSync("tar", ["-C", tree, "-czf", `${tree}.tar.gz`, "."]);
  }
  return { name: pair.name, old: join(at, "old"), next: join(at, "next") };
}

/** Chooses a tree in a step: its archive when there is one, else the folder. */
function chooseTree(page: Page, step: Step, tree: string): Promise<void> {
  return tree.startsWith(folder)
    ? chooseArchive(page, step, `${tree}.tar.gz`)
    : chooseFolder(page, step, tree);
}

async function exportZip(page: Page, path: string): Promise<string> {
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: "Export as zip" }).click();
  await (await download).saveAs(path);
  return path;
}
