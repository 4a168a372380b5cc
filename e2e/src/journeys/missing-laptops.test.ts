/** What a teacher does on the page about a laptop that does not show up, in a real browser. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { takeScreenshot } from "../browser/screenshot.ts";
import { createChannel } from "../harness/channel.ts";
import { type Classroom, startClassroom } from "../harness/classroom.ts";
import { tempFolder } from "../harness/temp.ts";
import { writeSampleTrees } from "../trees/sample.ts";
import { useStage } from "./stage.ts";

const stage = useStage();
let classroom: Classroom;
beforeAll(async () => {
  const folder = tempFolder("missing-laptops");
  const { repository, release } = await createChannel(folder, "Class 4b");
  await release(writeSampleTrees(folder).old);
  classroom = await startClassroom({ folder, repository, port: 0, laptops: ["Amina"] });
});
afterAll(() => classroom?.stop());

it("shows this laptop's address, large and as a code, and connects to one typed in", async () => {
  const { page, complaints } = await stage.openPage(classroom.page);
  await page.getByRole("link", { name: "Classroom" }).click();
  await page.getByRole("heading", { name: "Laptops that do not show up" }).click();
  const ready = await classroom.teacher.agent.until(({ event }) => event === "ready");
  const own = `127.0.0.1:${ready.peerPort}`;
  await page
    .getByRole("img", { name: `QR code with the address ${own}` })
    .locator("path")
    .waitFor();
  await page.getByText(own, { exact: true }).first().waitFor();
  await page.getByText(`infield connect ${own} --root /var/lib/infield`, { exact: true }).waitFor();
  await takeScreenshot(page, "missing-laptops");

  const address = page.getByLabel("Address of the laptop");
  const connect = page.getByRole("button", { name: "Connect" });
  await address.fill("desk 4");
  await connect.click();
  await page.getByRole("alert").getByText("is not the address of a laptop").waitFor();
  await address.fill("127.0.0.1:1");
  await connect.click();
  await page.getByRole("alert").getByText("No agent listens at 127.0.0.1 port 1").waitFor();
  await takeScreenshot(page, "missing-laptops-refused");

  const amina = await classroom.laptops[0]?.agent.until(({ event }) => event === "ready");
  const peerPort = amina?.peerPort;
  await address.fill(`127.0.0.1:${peerPort}`);
  await connect.click();
  const named = page.getByRole("listitem").filter({ hasText: `127.0.0.1:${peerPort}, connected` });
  await named.first().waitFor();
  expect(await address.inputValue()).toBe("");
  await page.setViewportSize({ width: 380, height: 800 });
  await takeScreenshot(page, "missing-laptops-narrow");
  await page.getByRole("button", { name: `Forget 127.0.0.1:${peerPort}` }).click();
  await named.first().waitFor({ state: "detached" });
  expect(complaints).toEqual([]);
  await page.close();
});
