import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openRoot } from "../../store/root/open-root.ts";
import { temporaryFolder } from "../../store/testing/volunteer.ts";
import { findAgent } from "./agent-link.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeEach(async () => {
  folder = await temporaryFolder();
  await (await openRoot(folder.path, { create: true })).close();
});
afterEach(() => folder.remove());

/** What an agent writes, with the id of a process that is alive: this one. */
const agent = { pid: process.pid, port: 7460, peerPort: 7461 };
const writeAgentFile = () => writeFileSync(join(folder.path, "agent.json"), JSON.stringify(agent));

describe("the agent of a root", () => {
  it("is not what got the process id and the port of one that was killed", async () => {
    writeAgentFile();
    expect(await findAgent(folder.path)).toBeUndefined();
    const root = await openRoot(folder.path);
    writeAgentFile();
    expect(await findAgent(folder.path)).toEqual(agent);
    await root.close();
    expect(await findAgent(folder.path)).toBeUndefined();
  });

  it("is forgotten by the next process that works on the root, which is no agent", async () => {
    writeAgentFile();
    const root = await openRoot(folder.path);
    expect(existsSync(join(folder.path, "agent.json"))).toBe(false);
    expect(await findAgent(folder.path)).toBeUndefined();
    await root.close();
  });
});
