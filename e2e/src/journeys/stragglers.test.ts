/**
 * A laptop that comes back after two releases, and a teacher whose laptop never had the version
 * that it is at: the page makes the delta by itself from the trees that the browser kept when they
 * were signed, before the room is told.
 */
import { cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import {
  chooseFolder,
  createChannelOnPage,
  forgetChoice,
  handToLaptop,
  signRelease,
} from "../browser/prepare-page.ts";
import { takeScreenshot } from "../browser/screenshot.ts";
import { readAccess } from "../harness/agents.ts";
import { infield } from "../harness/infield.ts";
import { tempFolder } from "../harness/temp.ts";
import { compareFolders } from "../trees/compare-folders.ts";
import { noise } from "../trees/large-trees.ts";
import { useStage } from "./stage.ts";

/** Bytes of a program that is wholly new in each release: two deltas are worth a shorter way. */
const PROGRAM_BYTES = 600_000;

const QUIET = "--no-presence";
const stage = useStage();

it("a teacher's page prepares a delta for a laptop two versions behind", async () => {
  const folder = tempFolder("stragglers");
  const trees = [1, 2, 3].map((version) => writeTree(join(folder, `tree-${version}`), version));
  const teacher = join(folder, "teacher");
  await stage.startAgent("Teacher", teacher, QUIET);
  const { page: address, teacherKey } = await readAccess(teacher);
  const { page } = await stage.openPage(address);

  // Three releases, of which the newest is a full install as well.
  await page.getByRole("link", { name: "Prepare" }).click();
  await chooseFolder(page, "Old files", trees[0] ?? "");
  await chooseFolder(page, "New files", trees[1] ?? "");
  await page.getByRole("radio", { name: "Fast" }).check();
  await page.getByRole("button", { name: "Make the delta" }).click();
  await createChannelOnPage(page, "Class 4b");
  await signRelease(page, 2);
  await handToLaptop(page, 2);
  const straggler = join(folder, "Sokha");
  await installFirst(teacher, join(folder, "stick"), straggler);

  for (const step of ["Old files", "New files"] as const) {
    await forgetChoice(page, step);
    await chooseFolder(page, step, trees[step === "Old files" ? 1 : 2] ?? "");
  }
  await page.getByRole("radio", { name: "Fast" }).check();
  await page.getByRole("button", { name: "Make the delta" }).click();
  await page.getByLabel(/full install/i).check();
  await signRelease(page, 3);
  await handToLaptop(page, 3);

  // The laptop is seen, and the page prepares what it needs.
  await page.getByRole("link", { name: "Classroom" }).click();
  const laptop = await stage.startAgent("Sokha", straggler, "--teacher", teacherKey, QUIET);
  // What says that it is being prepared may come and go between two looks.
  await page
    .getByText(/^Laptops at version 1 can now go straight to version 3: they fetch/)
    .waitFor();
  await takeScreenshot(page, "stragglers-prepared");

  await page.getByRole("button", { name: "Update the classroom" }).click();
  await laptop.until(({ event, version }) => event === "confirmed" && version === 3);
  expect(compareFolders(trees[2] ?? "", join(straggler, "current/"))).toEqual([]);
  expect(readdirSync(join(straggler, "versions")).sort()).toEqual(["1", "3"]);
  await page.close();
}, 600_000);

function writeTree(tree: string, version: number): string {
  mkdirSync(tree);
  writeFileSync(join(tree, "version"), `${version}\n`);
  writeFileSync(join(tree, "program"), noise(`program ${version}`, PROGRAM_BYTES));
  return tree;
}

/** A laptop that was installed when there was only the first release. */
async function installFirst(from: string, stick: string, root: string): Promise<void> {
  cpSync(join(from, "repository"), stick, { recursive: true });
  rmSync(join(stick, "releases/2.json"));
  await infield("install", stick, "--root", root);
}
