/**
 * The second yes on the teacher's page: a laptop refuses to go back over a change of the data
 * format, until it is told so on purpose.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { readAccess } from "../harness/agents.ts";
import { createChannel } from "../harness/channel.ts";
import { infield } from "../harness/infield.ts";
import { tempFolder } from "../harness/temp.ts";
import { useStage } from "./stage.ts";

const stage = useStage();
let root: string;

/**
 * A laptop at release 2, whose programs keep people's data in another format than those of release
 * 1.
 */
beforeAll(async () => {
  const folder = tempFolder("force-back");
  root = join(folder, "root");
  const channel = await createChannel(folder, "Class 3b");
  for (const [version, format] of [
    ["1", "0"],
    ["2", "1"],
  ] as const) {
    const tree = join(folder, version);
    mkdirSync(tree);
    writeFileSync(join(tree, "program"), version);
    await channel.release(tree, "--data-format", format);
    await infield("install", channel.repository, "--root", root);
  }
});

const current = async () => (await infield<{ current: number }>("status", "--root", root)).current;

it("a refused rollback is offered again and carried out once it is confirmed twice", async () => {
  await stage.startAgent("Amina", root);
  const { page } = await stage.openPage((await readAccess(root)).page);
  await page.getByRole("link", { name: "Classroom" }).click();
  const laptop = page.getByRole("region", { name: "This laptop" });
  const force = laptop.getByRole("button", { name: "Roll back anyway" });

  await laptop.getByRole("button", { name: "Roll back" }).click();
  expect(await force.count()).toBe(0);
  await page.getByRole("button", { name: "Roll back to version 1" }).click();
  await laptop.getByText("may not read what 2 (format 1) wrote").waitFor();

  await force.click();
  await page.getByRole("button", { name: "Keep it as it is" }).click();
  expect(await current()).toBe(2);
  await force.click();
  await page.getByRole("button", { name: "I have a copy: roll back" }).click();
  await laptop.getByText(/^Rolled back/).waitFor();
  expect(await current()).toBe(1);
  expect(await force.count()).toBe(0);
});
