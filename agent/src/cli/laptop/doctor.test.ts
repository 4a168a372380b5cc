import { execFileSync } from "node:child_process";
import { chmodSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type ClassWorkshop, openClassWorkshop } from "../testing/class-workshop.ts";

/** Somebody who may do nothing. */
const NOBODY = 65534;

let shop: ClassWorkshop;
const at = (name: string) => shop.at("laptop/versions/2/tree", name);

beforeAll(async () => {
  shop = await openClassWorkshop();
  const first = shop.at("repo first");
  execFileSync("cp", ["-a", shop.at("repo"), first]);
  rmSync(`${first}/releases/2.json`);
  await shop.ask("install", "repo first", "--root", "template");
  await shop.ask("install", "repo", "--root", "template");
});
afterAll(() => shop.close());
beforeEach(() => {
  rmSync(shop.at("laptop"), { recursive: true, force: true });
  execFileSync("cp", ["-a", shop.at("template"), shop.at("laptop")]);
});

describe("the doctor", () => {
  it("says what a sound root holds, with exit code 0", async () => {
    const { exitCode, stdout } = await shop.run(["doctor", "--root", "laptop"]);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^nothing is wrong in laptop\n/);
    expect(stdout).toMatch(/^version 1 +sound, the way back, confirmed$/m);
    expect(stdout).toMatch(/^version 2 +sound, in use, confirmed$/m);
    expect(stdout).toMatch(/^disk space .* free; ballast is there$/m);
    expect(await shop.ask("doctor", "--root", "laptop")).toMatchObject({
      root: shop.at("laptop"),
      busy: false,
      problems: [],
      repaired: [],
    });
  });

  it("names what is wrong with exit code 3, changes nothing, and repairs it when it is told to", async () => {
    writeFileSync(at("README"), "other bytes");
    rmSync(at("readme"));
    const { exitCode, stdout } = await shop.run(["doctor", "--root", "laptop"]);
    expect(exitCode).toBe(3);
    expect(stdout).toMatch(
      /^1 thing is wrong in laptop\n {2}version 2 is damaged: 2 paths differ\n/,
    );
    expect(stdout).toContain(
      '    "README" has other bytes\n    "readme" is missing\n    with --repair what is',
    );
    expect(stdout).toContain("next: infield doctor --root laptop --repair, and --from REPO");
    expect(readFileSync(at("README"), "utf8")).toBe("other bytes");
    const repaired = await shop.run(["doctor", "--root", "laptop", "--repair"]);
    expect(repaired.exitCode).toBe(0);
    expect(repaired.stdout).toMatch(
      /^repaired: version 2 is damaged: 2 paths differ\nnothing is wrong in laptop\n/,
    );
    expect(await shop.ask("verify", "--root", "laptop")).toMatchObject({ differences: [] });
  });

  it("takes from a repository what nothing else has; without one it says so, with exit code 3", async () => {
    rmSync(shop.at("laptop/repository/blobs"), { recursive: true });
    for (const version of ["1", "2"])
      rmSync(shop.at(`laptop/versions/${version}/tree/README`), { force: true });
    const alone = await shop.run(["doctor", "--root", "laptop", "--repair"]);
    expect(alone.exitCode).toBe(3);
    expect(alone.stdout).toContain("still wrong in laptop\n");
    expect(alone.stdout).toContain("    not mended: no repository at hand has the blob ");
    expect(alone.stdout).toContain("--repair --from REPO");
    expect(
      await shop.ask("doctor", "--root", "laptop", "--repair", "--from", "repo"),
    ).toMatchObject({
      problems: [],
    });
  });

  it("makes a new identity for a root that cannot be opened without one, and keeps its channel", async () => {
    writeFileSync(shop.at("laptop/identity.json"), "\0".repeat(4096));
    const { exitCode, stdout } = await shop.run(["doctor", "--root", "laptop"]);
    expect(exitCode).toBe(3);
    expect(stdout).toContain("identity.json is not JSON");
    expect(await shop.ask("doctor", "--root", "laptop", "--repair")).toMatchObject({
      problems: [],
    });
    expect(await shop.ask("status", "--root", "laptop")).toMatchObject({
      channel: shop.channel,
      current: 2,
    });
  });

  it("points `current` at a version again, and rebuilds a lost state", async () => {
    rmSync(shop.at("laptop/current"));
    writeFileSync(shop.at("laptop/state.json"), "\0".repeat(100));
    const { stdout } = await shop.run(["doctor", "--root", "laptop", "--json"]);
    expect(JSON.parse(stdout).problems).toMatchObject([
      { what: "state.json is damaged or gone" },
      { what: "`current` is gone", remedy: "it is pointed at version 2" },
    ]);
    expect(await shop.ask("doctor", "--root", "laptop", "--repair")).toMatchObject({
      problems: [],
    });
    expect(await shop.ask("status", "--root", "laptop")).toMatchObject({
      current: 2,
      confirmed: true,
    });
  });

  it("mends what its owner may not even open or write to, without being root", async () => {
    const options = process.getuid?.() === 0 ? { uid: NOBODY } : {};
    const run = async (...args: string[]) => shop.run([...args, "--json"], options);
    if (options.uid !== undefined)
      execFileSync("chown", ["-R", `${NOBODY}:${NOBODY}`, shop.at("laptop")]);
    writeFileSync(at("deep/er/than/that"), "other bytes");
    chmodSync(at("deep/er/than"), 0o555);
    chmodSync(at("deep/er"), 0o111);
    chmodSync(at("empty folder"), 0);
    const { exitCode, stdout } = await run("doctor", "--root", "laptop", "--repair");
    expect([exitCode, JSON.parse(stdout).problems]).toEqual([0, []]);
    expect(JSON.parse((await run("verify", "--root", "laptop")).stdout)).toMatchObject({
      differences: [],
    });
  });

  it.each([
    "identity.json",
    "state.json",
    "current",
    "repository/channel.json",
    "repository/releases/2.json",
    "versions/2/manifest",
    "versions/2/release.json",
    "machine.json",
    "made.json",
    "peers.json",
  ])("brings a root back whose %s is gone, empty or garbage", async (name) => {
    const file = shop.at(`laptop/${name}`);
    for (const harm of [() => {}, () => writeFileSync(file, ""), () => writeFileSync(file, "{]")]) {
      rmSync(file, { force: true });
      harm();
      await shop.run(["doctor", "--root", "laptop", "--repair", "--from", "repo"]);
      expect(await shop.ask("doctor", "--root", "laptop")).toMatchObject({ problems: [] });
      expect(await shop.ask("status", "--root", "laptop")).toMatchObject({
        ...{ current: 2, confirmed: true, channel: expect.any(String) },
      });
      expect(await shop.ask("verify", "--root", "laptop")).toMatchObject({ differences: [] });
    }
  });

  it("refuses a folder that is no root", async () => {
    expect(await shop.refuse("doctor", "--root", "v1")).toMatchObject({
      error: { code: "not-a-root" },
    });
  });
});

describe("prune", () => {
  it("says what would go, then removes it", async () => {
    await shop.ask("rollback", "--root", "laptop");
    const dry = await shop.ask("prune", "--root", "laptop", "--dry-run");
    expect(dry).toMatchObject({ dryRun: true, versions: [2], releases: [], blobs: [] });
    const { stdout } = await shop.run(["prune", "--root", "laptop", "--dry-run"]);
    expect(stdout).toMatch(/^would free [\d.]+ [kM]B: version 2\n$/);
    expect(await shop.ask("prune", "--root", "laptop", "--keep", "2")).toMatchObject({
      versions: [],
    });
    const done = await shop.run(["prune", "--root", "laptop"]);
    expect(done.stdout).toMatch(/^freed [\d.]+ [kM]B: version 2\ninstalled: 1\n$/);
    const again = await shop.run(["prune", "--root", "laptop"]);
    expect(again.stdout).toBe("nothing to remove: all that is installed (1) is needed\n");
    expect(await shop.refuse("prune", "--root", "laptop", "--keep", "two")).toMatchObject({
      exitCode: 2,
      error: { code: "usage", message: '--keep "two" is not a whole number' },
    });
  });
});
