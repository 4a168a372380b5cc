import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createServer } from "@infield/shared/transfer";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { openRoot } from "../store/root/open-root.ts";
import { startTestAgent, type TestAgent } from "../testing/agents.ts";
import { type ChannelFixture, createChannelFixture } from "../testing/channel-fixture.ts";
import { openPage } from "../testing/page-client.ts";
import { rollBack } from "../update/update.ts";

let fixture: ChannelFixture;
const running: TestAgent[] = [];
const told = (root: string) => readFile(join(root, "../told"), "utf8").catch(() => "");
/** Says what it was told, a line a time. */
const TELL =
  'echo "$INFIELD_OLD_VERSION > $INFIELD_NEW_VERSION, $(cat "$INFIELD_TREE/version")" >> "$INFIELD_ROOT/../told"';

async function start(root: string, onSwitch?: string): Promise<TestAgent> {
  const agent = await startTestAgent(root, onSwitch === undefined ? {} : { onSwitch });
  running.push(agent);
  return agent;
}
async function stop(): Promise<void> {
  for (const agent of running.splice(0)) await agent.stop();
}
const offerOf = (version: number) => ({
  type: "offer" as const,
  channel: JSON.stringify(fixture.chain),
  release: JSON.stringify(fixture.releases[version - 1]?.file),
});

beforeAll(async () => {
  fixture = await createChannelFixture([{}, {}]);
});
afterEach(stop);
afterAll(() => fixture.remove());

describe("the command of --on-switch", () => {
  it("is run after a confirmed switch and after a rollback, and not for what was in use before", async () => {
    const agent = await start(await fixture.makeRoot("laptop", 1), TELL);
    const page = await openPage(agent, createServer(fixture.repository));
    await page.ask(offerOf(2));
    expect(await told(agent.root)).toBe("");
    await page.ask({ type: "update-classroom" });
    expect(await agent.until("told")).toEqual({ event: "told", from: 1, version: 2 });
    const { self } = await page.classroom();
    await page.ask({ type: "roll-back", laptop: self.id });
    await agent.until("told", ({ version }) => version === 1);
    expect(await told(agent.root)).toBe("1 > 2, 2\n2 > 1, 1\n");
  });

  it("is told at the next start what it missed: a power cut before it, or a switch while no agent ran", async () => {
    const root = await fixture.makeRoot("laptop", 2);
    await (await start(root, TELL)).stop();
    running.pop();
    const opened = await openRoot(root);
    await opened.change(rollBack);
    await opened.close();
    const agent = await start(root, TELL);
    await agent.until("told");
    await stop();
    expect(await told(root)).toBe("2 > 1, 1\n");
    await (await start(root, TELL)).until("ready");
    await stop();
    expect(await told(root)).toBe("2 > 1, 1\n");
  });

  it("that fails is reported and undoes nothing", async () => {
    const agent = await start(await fixture.makeRoot("laptop", 1), "echo no boot loader; exit 5");
    const page = await openPage(agent, createServer(fixture.repository));
    await page.ask(offerOf(2));
    await page.ask({ type: "update-classroom" });
    expect(await agent.until("problem")).toMatchObject({
      code: "hook-failed",
      message:
        "version 2 is in use, and the command of --on-switch failed: it ended with 5: no boot loader",
    });
    expect(await readFile(join(agent.root, "current/version"), "utf8")).toBe("2\n");
  });

  it("is broken off when the agent stops, and run again at the next start", async () => {
    const root = await fixture.makeRoot("laptop", 2);
    await start(root, TELL);
    await stop();
    const state = JSON.parse(await readFile(join(root, "state.json"), "utf8"));
    await writeFile(join(root, "state.json"), JSON.stringify({ ...state, told: 1 }));
    const begun = join(root, "../begun");
    await start(root, `echo > ${begun}; sleep 1000`);
    while ((await readFile(begun).catch(() => undefined)) === undefined)
      await new Promise(setImmediate);
    await stop();
    await rm(begun);
    await (await start(root, TELL)).until("told");
    expect(await told(root)).toBe("1 > 2, 2\n");
  });
});
