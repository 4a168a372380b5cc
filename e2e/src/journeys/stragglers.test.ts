/**
 * A laptop that comes back after two releases, and a teacher whose laptop never had the version
 * that it is at: the page makes the delta by itself from the trees that the browser kept when they
 * were signed, before the room is told.
 */
import { cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { startBrowser } from "../browser/browser.ts";
import { takeScreenshot } from "../browser/screenshot.ts";
import { AgentProcess, infield } from "../harness/infield.ts";
import { removeTempFolders, tempFolder } from "../harness/temp.ts";
import { compareFolders } from "../trees/compare-folders.ts";
import { noise } from "../trees/large-trees.ts";

/** Bytes of a program that is wholly new in each release: two deltas are worth a shorter way. */
const PROGRAM_BYTES = 600_000;
const LONG_MS = 240_000;

let browser: Browser;
const agents: AgentProcess[] = [];

beforeAll(async () => {
  browser = await startBrowser();
});
afterEach(async () => {
  await Promise.all(agents.splice(0).map((agent) => agent.stop()));
});
afterAll(async () => {
  await browser.close();
  removeTempFolders();
});

it("a teacher's page prepares a delta for a laptop two versions behind", async () => {
  const folder = tempFolder("stragglers");
  const trees = [1, 2, 3].map((version) => writeTree(join(folder, `tree-${version}`), version));
  const teacher = join(folder, "teacher");
  await start("Teacher", teacher);
  const { page: address, teacherKey } = await infield<{ page: string; teacherKey: string }>(
    ...["status", "--root", teacher],
  );
  const page = await browser.newPage({ viewport: { width: 1100, height: 900 } });
  page.setDefaultTimeout(LONG_MS);
  await page.goto(address);

  // Three releases, of which the newest is a full install as well.
  await page.getByRole("link", { name: "Prepare" }).click();
  await choose(page, "Old files", trees[0] ?? "");
  await choose(page, "New files", trees[1] ?? "");
  await page.getByRole("radio", { name: "Fast" }).check();
  await page.getByRole("button", { name: "Make the delta" }).click();
  await page.getByLabel("Name of the new channel").fill("Class 4b");
  await page.getByRole("button", { name: "Create the channel" }).click();
  await page.getByRole("button", { name: "Sign the release" }).click();
  await page.getByText("Version 2 is signed").waitFor();
  await page.getByRole("button", { name: "Hand to this laptop" }).click();
  await page.getByText("Version 2 is now on this laptop").waitFor();
  const straggler = join(folder, "Sokha");
  await installFirst(teacher, join(folder, "stick"), straggler);

  for (const step of ["Old files", "New files"] as const) {
    await page
      .getByRole("region", { name: step })
      .getByRole("button", { name: "Choose again" })
      .click();
    await choose(page, step, trees[step === "Old files" ? 1 : 2] ?? "");
  }
  await page.getByRole("radio", { name: "Fast" }).check();
  await page.getByRole("button", { name: "Make the delta" }).click();
  await page.getByLabel(/full install/i).check();
  await page.getByRole("button", { name: "Sign the release" }).click();
  await page.getByText("Version 3 is signed").waitFor();
  await page.getByRole("button", { name: "Hand to this laptop" }).click();
  await page.getByText("Version 3 is now on this laptop").waitFor();

  // The laptop is seen, and the page prepares what it needs.
  await page.getByRole("link", { name: "Classroom" }).click();
  const laptop = await start("Sokha", straggler, "--teacher", teacherKey);
  // What says that it is being prepared may come and go between two looks.
  await page.getByText(/^Prepared 1 → 3: laptops at version 1 now fetch/).waitFor();
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

async function start(name: string, root: string, ...more: string[]): Promise<AgentProcess> {
  const network = ["--port", "0", "--interface", "lo", "--no-presence"];
  const agent = new AgentProcess(["--root", root, "--name", name, ...network, ...more]);
  agents.push(agent);
  await agent.until((event) => event.event === "ready");
  return agent;
}

async function choose(page: Page, step: "Old files" | "New files", folder: string): Promise<void> {
  const region = page.getByRole("region", { name: step });
  await region.getByLabel("Choose folder").setInputFiles(folder);
  await region.getByRole("button", { name: "Choose again" }).waitFor();
}
