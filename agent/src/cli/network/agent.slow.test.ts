import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { writeHardTree } from "../testing/hard-tree.ts";
import { type RunningAgent, startAgent } from "../testing/running-agent.ts";
import { openWorkshop, type Workshop } from "../testing/workshop.ts";

let shop: Workshop;
let channel: string;
beforeAll(async () => {
  shop = openWorkshop();
  for (const version of ["v1", "v2"]) {
    writeHardTree(shop.at(version), version);
    rmSync(shop.at(version, "setuid"));
  }
  const release = ["release", "create", "-d", "repo", "--key", "class.key", "--tree"];
  const made = await shop.ask("channel", "create", "Class 4b", "-d", "repo", "--key", "class.key");
  channel = String(made.channel);
  await shop.ask(...release, "v1");
  execFileSync("cp", ["-a", shop.at("repo"), shop.at("repo first")]);
  await shop.ask(...release, "v2", "--from", "v1");
});
afterAll(() => shop.close());

let agents: RunningAgent[] = [];
async function start(root: string, ...more: string[]): Promise<RunningAgent> {
  const agent = await startAgent(shop, root, ...more);
  agents.push(agent);
  return agent;
}
afterEach(async () => {
  await Promise.all(agents.map((agent) => agent.end("SIGKILL")));
  agents = [];
});

describe("an agent started on the command line", () => {
  it("is named by status with its page and teacher key, and ends cleanly at Ctrl-C", async () => {
    await shop.ask("install", "repo", "--root", "one");
    const agent = await start("one");
    const { pagePort } = await agent.until("ready", { version: 2 });
    const status = await shop.ask("status", "--root", "one");
    const { token } = JSON.parse(readFileSync(shop.at("one/identity.json"), "utf8"));
    expect(status).toMatchObject({
      agent: { pid: agent.pid, port: pagePort },
      page: `http://localhost:${pagePort}/#${token}`,
      current: 2,
    });
    expect(Buffer.from(String(status.teacherKey), "base64")).toHaveLength(32);
    expect(await agent.end("SIGINT")).toBe(0);
    expect(existsSync(shop.at("one/agent.json"))).toBe(false);
    expect(await shop.ask("status", "--root", "one")).not.toHaveProperty("page");
  });

  it("does what commands want that would change its root", async () => {
    await shop.ask("install", "repo first", "--root", "two");
    await shop.ask("install", "repo", "--root", "two");
    const agent = await start("two");
    expect(await shop.ask("verify", "--root", "two")).toMatchObject({ differences: [] });

    expect(await shop.ask("rollback", "--root", "two")).toMatchObject({
      version: 1,
      left: 2,
      held: 2,
    });
    await agent.until("rolled-back", { version: 1, left: 2 });
    expect((await shop.run(["update", "--root", "two"])).stdout).toBe(
      "this laptop was rolled back from version 2, which is held; version 1 stays in use\n" +
        "next: infield resume --root two allows it again\n",
    );
    const again = await shop.run(["rollback", "--root", "two"]);
    expect(again.exitCode).toBe(1);
    expect(again.stderr).toMatch(/^infield: /);
    expect(await shop.ask("resume", "--root", "two")).toMatchObject({ version: 1, released: 2 });
    await agent.until("resumed", { version: 1 });
    expect(await agent.end("SIGTERM")).toBe(0);
  });

  it("is asked by doctor, hold and prune to do what they say", async () => {
    await shop.ask("install", "repo first", "--root", "asked");
    await shop.ask("install", "repo", "--root", "asked");
    const agent = await start("asked");
    writeFileSync(shop.at("asked/versions/2/tree/README"), "edited");
    const looked = await shop.run(["doctor", "--root", "asked"]);
    expect(looked.exitCode).toBe(3);
    expect(looked.stdout).toMatch(new RegExp(`^agent +runs as process ${agent.pid}$`, "m"));
    expect(await shop.ask("doctor", "--root", "asked", "--repair")).toMatchObject({
      problems: [],
      busy: true,
    });
    expect(await shop.ask("hold", "--root", "asked")).toMatchObject({ version: 2, holding: true });
    await agent.until("held", { version: 2 });
    expect(await shop.ask("resume", "--root", "asked")).toMatchObject({ version: 2 });
    await shop.ask("rollback", "--root", "asked", "--to", "1");
    expect(await shop.ask("prune", "--root", "asked")).toMatchObject({ versions: [2] });
    expect(await shop.ask("status", "--root", "asked")).toMatchObject({ versions: [1], held: 2 });
  });

  it("takes over what install brings, and installs and announces it", async () => {
    await shop.ask("install", "repo first", "--root", "given");
    const agent = await start("given");
    const refused = await shop.run(["install", "repo", "--root", "given", "--health", "true"]);
    expect(refused.stderr).toContain("(root-busy)");
    expect(await shop.ask("install", "repo", "--root", "given")).toMatchObject({
      ...{ from: 1, version: 2, pinned: false },
    });
    await agent.until("announced", { version: 2 });
    expect(await shop.ask("install", "repo", "--root", "given")).toMatchObject({
      ...{ from: 2, version: 2 },
    });
    expect(await shop.ask("verify", "--root", "given")).toMatchObject({ differences: [] });
  });

  it("looks for something newer when told to, and update says what came of it", async () => {
    await shop.ask("install", "repo first", "--root", "three");
    await shop.ask("install", "repo", "--root", "ahead");
    await start("three", "--name", "Three");
    expect(await shop.ask("update", "--root", "three")).toMatchObject({ from: 1, version: 1 });
    const ahead = await start("ahead", "--name", "Ahead");
    await ahead.until("announced", { version: 2 });
    await shop.ask("update", "--root", "three");
    expect((await shop.run(["update", "--root", "three"])).stdout).toBe(
      "nothing newer than version 2 among the neighbours that answered (1)\n",
    );
    expect(await shop.ask("status", "--root", "three")).toMatchObject({ current: 2 });
  });

  it("keeps to its own --health: update and connect with another one are refused", async () => {
    await shop.ask("install", "repo", "--root", "checked");
    await start("checked");
    for (const words of [["update"], ["connect", "127.0.0.1"]]) {
      const { exitCode, stdout } = await shop.run([
        ...words,
        ...["--root", "checked", "--health", "true", "--json"],
      ]);
      expect(exitCode).toBe(1);
      expect(JSON.parse(stdout)).toMatchObject({
        error: { code: "root-busy", hint: "start the agent with --health, or leave it out here" },
      });
    }
  });

  it("is not needed for update: one runs for as long as it takes to look", async () => {
    await shop.ask("install", "repo", "--root", "four");
    expect((await shop.run(["update", "--root", "four"])).stdout).toBe(
      "no neighbour answered; version 2 stays in use\n",
    );
    expect(existsSync(shop.at("four/agent.json"))).toBe(false);
  });

  it("is told of sleep and waking, and nobody is where no agent runs", async () => {
    await shop.ask("install", "repo", "--root", "sleeper");
    expect(await shop.ask("sleep", "--root", "sleeper")).toMatchObject({ told: false });
    const agent = await start("sleeper");
    expect((await shop.run(["sleep", "--root", "sleeper"])).stdout).toBe(
      "the laptop may sleep: only an urgent release is heard\n",
    );
    await agent.until("asleep");
    expect(await shop.ask("wake", "--root", "sleeper")).toMatchObject({ told: true });
    await agent.until("awake");
    expect(await agent.end("SIGTERM")).toBe(0);
  });

  it("that died is not waited for", async () => {
    await shop.ask("install", "repo first", "--root", "five");
    await shop.ask("install", "repo", "--root", "five");
    const agent = await start("five");
    await agent.end("SIGKILL");
    expect(existsSync(shop.at("five/agent.json"))).toBe(true);
    expect((await shop.run(["status", "--root", "five"])).stdout).toMatch(/^agent +does not run$/m);
    expect(await shop.ask("rollback", "--root", "five")).toMatchObject({ version: 1 });
  });

  it.each([
    ["quiet hours that are none", ["--quiet-hours", "8-13"], "usage", 2],
    ["a quiet hour that never ends", ["--quiet-hours", "08:00-08:00"], "usage", 2],
    ["a time that is none", ["--quiet-hours", "08:00-24:00"], "usage", 2],
    ["a teacher key that is none", ["--teacher", "AAAA"], "usage", 2],
    ["a name that no packet can carry", ["--name", "x".repeat(81)], "usage", 2],
    ["a name of two lines", ["--name", "Class\n4b"], "usage", 2],
    ["a channel id that is none", ["--channel", "4b"], "usage", 2],
  ])("refuses %s", async (_, options, code, exitCode) => {
    const ran = await shop.run(["agent", "--root", "six", "--port", "0", "--json", ...options]);
    expect(ran.exitCode).toBe(exitCode);
    expect(JSON.parse(ran.stdout)).toMatchObject({ error: { code } });
  });
});

describe("an agent that starts where it cannot be of use", () => {
  it("says which of its two ports is taken", async () => {
    await shop.ask("install", "repo", "--root", "eight");
    const { peerPort } = await (await start("eight")).until("ready");
    const port = Number(peerPort) - 1;
    const { exitCode, stderr } = await shop.run([
      "agent",
      "--root",
      "nine",
      "--interface",
      "lo",
      "--port",
      `${port}`,
    ]);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(new RegExp(`^infield: port ${peerPort} on .+ \\(port-taken\\)\n`));
    expect(stderr).toContain(`the page uses --port ${port}, neighbours the next, ${peerPort}:`);
  });

  it("says that its root is new and follows no channel", async () => {
    const words = ["agent", "--root", "ten", "--port", "0", "--interface", "lo"];
    const child = spawn(process.execPath, [shop.infield, ...words], { cwd: shop.folder });
    const [said] = await once(child.stderr, "data");
    child.kill("SIGTERM");
    await once(child, "exit");
    expect(String(said)).toMatch(
      /^infield: "ten" is a new root that follows no channel yet\n {2}hand a release over/,
    );
  });
});

describe("laptops that are connected by address", () => {
  it("give what update asks for, which has to pass the --health it was given", async () => {
    await shop.ask("install", "repo first", "--root", "sick");
    await shop.ask("install", "repo", "--root", "well");
    const { peerPort } = await (await start("well")).until("ready");
    const typed = [{ host: "127.0.0.1", port: peerPort }];
    writeFileSync(shop.at("sick/peers.json"), JSON.stringify({ typed, met: [] }));
    const args = ["update", "--root", "sick", "--health", "exit 1", "--json"];
    const { exitCode, stdout } = await shop.run(args);
    expect(exitCode).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      ...{ from: 1, version: 1, held: 2 },
      problem: { code: "health-failed" },
    });
  });

  it("are named, listed, kept and forgotten, with the agent running and without", async () => {
    for (const root of ["eleven", "twelve"]) await shop.ask("install", "repo", "--root", root);
    const { peerPort } = await (await start("eleven", "--name", "Eleven")).until("ready");
    const address = `127.0.0.1:${peerPort}`;
    const peer = { host: "127.0.0.1", port: peerPort };
    const connected = await shop.run(["connect", address, "--root", "twelve"]);
    expect(connected.stdout).toMatch(`${address} answered; whenever the agent of this laptop runs`);
    expect((await shop.run(["peers", "--root", "twelve"])).stdout).toMatch(
      `${address}, once the agent runs`,
    );

    const twelve = await start("twelve");
    await twelve.until("peer", { state: "connected", name: "Eleven" });
    expect(await shop.ask("peers", "--root", "twelve")).toMatchObject({
      running: true,
      peers: [{ ...peer, connected: true }],
      addresses: [{ interface: "lo" }, {}],
    });
    await shop.ask("disconnect", address, "--root", "twelve");
    expect(await shop.ask("peers", "--root", "twelve")).toMatchObject({ peers: [] });
    await twelve.end("SIGINT");
    await shop.ask(
      "connect",
      `infield:${address}?channel=${channel.slice(0, 16)}`,
      "--root",
      "twelve",
    );
    await shop.ask("disconnect", address, "--root", "twelve");
    expect(await shop.ask("peers", "--root", "twelve")).toMatchObject({
      running: false,
      peers: [],
    });
  });

  it.each([
    [["connect", "127.0.0.1:1"], 1, /no agent listens at 127.0.0.1 port 1 \(peer-failed\)/],
    [["connect", "127.0.0.1:7460"], 1, /7460 is a page's port, .+ try 127.0.0.1\n/],
    [
      ["connect", `infield:127.0.0.1:7461?channel=${"0".repeat(16)}`],
      1,
      /follows channel 0+…, this one [0-9a-f]{16}…/,
    ],
    [["connect", "http://localhost:7460/#1"], 2, /is not the address of a laptop/],
    [["disconnect", "192.0.2.7"], 2, /192.0.2.7 is none of the laptops/],
    [["agent", "--peer", "a b"], 2, /"a b" is not the address of a laptop/],
  ])("that cannot be are told so: %s", async (words, exitCode, reason) => {
    await shop.ask("install", "repo", "--root", "thirteen");
    const ran = await shop.run([...words, "--root", "thirteen"]);
    expect({ exitCode: ran.exitCode, said: ran.stderr }).toEqual({
      exitCode,
      said: expect.stringMatching(reason),
    });
  });
});

describe("doctor --network", () => {
  it("finds the neighbour of a running agent, and says what it tried", async () => {
    for (const root of ["fourteen", "fifteen"]) await shop.ask("install", "repo", "--root", root);
    const neighbour = await start("fifteen");
    await neighbour.until("announced");
    await start("fourteen");
    const { exitCode, stdout } = await shop.run(["doctor", "--network", "--root", "fourteen"]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: expect.any(String) });
    expect(stdout).toMatch(/^neighbours are found and reached here by themselves\n/);
    expect(stdout).toMatch(/^ok +multicast on lo +what is sent to a group comes back \(IPv4\)$/m);
    expect(stdout).toMatch(/^ok +laptop 127.0.0.1:\d+ +said hello$/m);
  });

  it("is not mixed with repairs", async () => {
    const ran = await shop.run(["doctor", "--network", "--repair", "--root", "one"]);
    expect(ran).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("--network goes with neither"),
    });
  });
});

describe("agent.json", () => {
  it("that is damaged is said so", async () => {
    await shop.ask("install", "repo", "--root", "seven");
    writeFileSync(shop.at("seven/agent.json"), "{");
    const { exitCode, stderr } = await shop.run(["status", "--root", "seven"]);
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 1 });
    expect(stderr).toMatch(/^infield: agent.json is not JSON \(record-invalid\)\n/);
  });
});
