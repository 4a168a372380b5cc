/**
 * The whole way, on real packages: a volunteer's browser makes two releases and hands them to the
 * teacher's agent; three laptops converge through the announcement on group n+1; their trees are
 * compared with the package, file by file; one rolls back.
 */
import { execFileSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { startBrowser } from "../browser/browser.ts";
import { takeScreenshot } from "../browser/screenshot.ts";
import { AgentProcess, infield } from "../harness/infield.ts";
import { removeTempFolders, tempFolder } from "../harness/temp.ts";
import { compareFolders } from "../trees/compare-folders.ts";
import { nativePair, type PackagePair, TEXT } from "../trees/packages.ts";

const NAMES = ["Amina", "Bopha", "Carlos"];
/** Making deltas of ten-megabyte programs in a browser on a slow, shared machine. */
const LONG_MS = 240_000;

let browser: Browser;
let folder: string;
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

describe.each([
  { kind: "native code, from folders", pair: nativePair, prepare: asFolders },
  { kind: "text, from .tar.gz with links and odd modes", pair: () => TEXT, prepare: asArchives },
])("a package of $kind", ({ pair, prepare }) => {
  it("goes from the volunteer's page to every laptop and back", async () => {
    folder = tempFolder("whole-way");
    const trees = prepare(pair(), folder);
    const teacherRoot = join(folder, "teacher");
    await start("Teacher", teacherRoot);
    const { page: address, teacherKey } = await infield<{ page: string; teacherKey: string }>(
      "status",
      "--root",
      teacherRoot,
    );
    const page = await browser.newPage({
      acceptDownloads: true,
      viewport: { width: 1100, height: 900 },
    });
    const complaints = listen(page);
    page.setDefaultTimeout(LONG_MS);
    await page.goto(address);

    // The first release, as a full install; on a stick to the three laptops, through the agent to
    // the teacher's.
    await page.getByRole("link", { name: "Prepare" }).click();
    await page.getByRole("button", { name: "No old files: full install" }).click();
    await chooseTree(page, "New files", trees.old);
    await page.getByRole("button", { name: "Make the delta" }).click();
    await page.getByLabel("Name of the new channel").fill(`Class ${pair().name}`);
    await page.getByRole("button", { name: "Create the channel" }).click();
    await page.getByRole("button", { name: "Sign the release" }).click();
    await page.getByText("Version 1 is signed").waitFor();
    const stick = await exportZip(page, join(folder, "stick.zip"));
    await page.getByRole("button", { name: "Hand to this laptop" }).click();
    await page.getByText("Version 1 is now on this laptop").waitFor();
    for (const name of NAMES) {
      await infield("install", stick, "--root", join(folder, name));
      await start(name, join(folder, name), "--teacher", teacherKey);
    }

    // The second release, as a delta.
    await page
      .getByRole("region", { name: "Old files" })
      .getByRole("button", { name: "Choose again" })
      .click();
    await chooseTree(page, "Old files", trees.old);
    await page
      .getByRole("region", { name: "New files" })
      .getByRole("button", { name: "Choose again" })
      .click();
    await chooseTree(page, "New files", trees.next);
    await page.getByRole("button", { name: "Make the delta" }).click();
    await page.getByText(/ instead of /).waitFor();
    await page.getByLabel("Notes for teachers").fill("the newest version of the package");
    await takeScreenshot(page, `prepare-${pair().name}`);
    await page.getByRole("button", { name: "Sign the release" }).click();
    await page.getByText("Version 2 is signed").waitFor();
    await page.getByRole("button", { name: "Hand to this laptop" }).click();
    await page.getByText("Version 2 is now on this laptop").waitFor();

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

async function start(name: string, root: string, ...more: string[]): Promise<void> {
  const agent = new AgentProcess([
    "--root",
    root,
    "--name",
    name,
    "--port",
    "0",
    "--interface",
    "lo",
    ...more,
  ]);
  agents.push(agent);
  await agent.until((event) => event.event === "ready");
}

/** Chooses a tree in a step: its archive when there is one, else the folder. */
async function chooseTree(
  page: Page,
  step: "Old files" | "New files",
  tree: string,
): Promise<void> {
  const region = page.getByRole("region", { name: step });
  const archive = tree.startsWith(folder);
  await region
    .getByLabel(archive ? "Choose file" : "Choose folder")
    .setInputFiles(archive ? `${tree}.tar.gz` : tree);
  await region.getByRole("button", { name: "Choose again" }).waitFor();
}

async function exportZip(page: Page, path: string): Promise<string> {
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: "Export as zip" }).click();
  await (await download).saveAs(path);
  return path;
}

/** Everything the page complains about: errors, and what the content security policy refused. */
function listen(page: Page): string[] {
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  return complaints;
}
