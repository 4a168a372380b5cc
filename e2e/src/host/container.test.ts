/**
 * The worked example of docs/operating.md: a system whose root filesystem is ROOT/current, updated
 * from outside and from inside.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readAccess, ready } from "../harness/agents.ts";
import type { TwoReleases } from "../harness/channel.ts";
import { AgentProcess, infield } from "../harness/infield.ts";
import { handOver, updateClassroom } from "../harness/page-client.ts";
import { removeTempFolders, tempFolder } from "../harness/temp.ts";
import { makeSystemChannel, SERVICE, unpackAgent } from "./channel.ts";
import { mayMount, WITH_MOUNTS } from "./may-mount.ts";

const QUIET = ["--port", "0", "--interface", "lo"];

describe.runIf(mayMount)(`a container whose root is ROOT/current ${WITH_MOUNTS}`, () => {
  let channel: TwoReleases;
  let folder: string;
  beforeAll(async () => {
    folder = tempFolder("container");
    channel = await makeSystemChannel(folder);
    process.env.INFIELD_BINDS = `/usr:/usr ${dirname(process.execPath)}:/opt/node ${unpackAgent(folder)}:/opt/infield`;
  });
  afterAll(removeTempFolders);

  /** What puts a command into the container; all of it is one process. */
  const into = (root: string, ...command: string[]): [string, ...string[]] => [
    join(SERVICE, "run-in-current.sh"),
    root,
    ...command,
  ];
  const INFIELD_INSIDE = ["/opt/node/node", "/opt/infield/bin/infield.js"];

  async function inside(root: string, ...command: string[]): Promise<string> {
    const container = begin(root, ...command);
    container.child.stdin.end();
    return container.end();
  }

  function begin(root: string, ...command: string[]) {
    const [program, ...words] = into(root, ...command);
    const child = spawn(program, words);
    let said = "";
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (text) => {
        said += String(text);
      });
    const exit = once(child, "close");
    return { child, end: async () => ((await exit)[0] === 0 ? said.trim() : `failed: ${said}`) };
  }

  async function installFirst(name: string): Promise<string> {
    const root = join(folder, name);
    await infield("install", channel.first, "--root", root);
    return root;
  }

  async function updateToTwo(root: string): Promise<void> {
    const { page } = await readAccess(root);
    await handOver(channel.repository, 2, page);
    await updateClassroom(page);
  }

  it("is updated from outside, and taken back; who is inside keeps the version it began with", async () => {
    const root = await installFirst("outside");
    const agent = new AgentProcess(["--root", root, ...QUIET]);
    try {
      await ready(agent);
      expect(await inside(root, "/sbin/init")).toBe("init of system 1");
      const before = begin(root, "/bin/sh", "-c", "echo ready; read -r line; cat /etc/release");
      await once(before.child.stdout, "data");

      await updateToTwo(root);
      expect(await inside(root, "/sbin/init")).toBe("init of system 2");
      before.child.stdin.end("go on\n");
      expect(await before.end()).toBe("ready\nsystem 1");

      await infield("rollback", "--root", root);
      expect(await inside(root, "/sbin/init")).toBe("init of system 1");
    } finally {
      await agent.stop();
    }
  });

  it("is updated from inside, and takes itself back", async () => {
    const root = await installFirst("inside");
    const agent = new AgentProcess(
      ["--root", "/var/lib/infield", ...QUIET],
      into(root, ...INFIELD_INSIDE),
    );
    try {
      await ready(agent);
      await updateToTwo(root);
      expect(await inside(root, "/sbin/init")).toBe("init of system 2");

      const rollback = ["rollback", "--root", "/var/lib/infield"];
      expect(await inside(root, ...INFIELD_INSIDE, ...rollback)).toContain(
        "version 1 is in use again",
      );
      expect(await inside(root, "/sbin/init")).toBe("init of system 1");
      expect(await infield("status", "--root", root)).toMatchObject({ current: 1, held: 2 });
      expect(await infield("doctor", "--root", root)).toMatchObject({ problems: [] });
    } finally {
      await agent.stop();
    }
  });

  it("cannot edit its version in place", async () => {
    const root = await installFirst("read-only");
    expect(await inside(root, "/bin/sh", "-c", "echo mine > /etc/release")).toContain("Read-only");
    expect(await infield("verify", "--root", root)).toBeTruthy();
  });
});
