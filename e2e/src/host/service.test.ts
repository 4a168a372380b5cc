/** What docs/operating.md has an operator install: the packed folder, the unit, the scripts. */
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { brokenLinks } from "../documents/markdown.ts";
import { findOnPath } from "../harness/find-on-path.ts";
import { infield } from "../harness/infield.ts";
import { removeTempFolders, tempFolder } from "../harness/temp.ts";
import { makeSystemChannel, SERVICE, unpackAgent } from "./channel.ts";

let folder: string;
let installed: string;
let first: string;
beforeAll(async () => {
  folder = tempFolder("service");
  installed = unpackAgent(folder);
  ({ first } = await makeSystemChannel(folder));
});
afterAll(removeTempFolders);

const hasSystemd = findOnPath(["systemd-analyze"]) !== undefined;
const hasShellcheck = findOnPath(["shellcheck"]) !== undefined;
const isLinux = process.platform === "linux";

it("the packed folder is all it takes, wherever it lies and whatever link leads to it", () => {
  const link = join(folder, "infield-link");
  execFileSync("ln", ["-s", join(installed, "bin/infield.js"), link]);
  const root = join(folder, "by-link");
  const run = (...args: string[]) => execFileSync(link, args, { cwd: "/", encoding: "utf8" });
  expect(run("--version")).toMatch(/^\d+\.\d+\.\d+\n$/);
  expect(run("install", first, "--root", root)).toContain("version 1 of System is installed");
  expect(run("doctor", "--root", root)).toContain("nothing is wrong");
});

it("the packed documents link only to what is packed with them", () => {
  const documents = readdirSync(installed, { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith(".md"),
  );
  expect(documents).toContain("docs/operating.md");
  const broken = documents.map((name) => [name, brokenLinks(installed, name)]);
  expect(broken.filter(([, links]) => links?.length)).toEqual([]);
});

const SCRIPTS = readdirSync(SERVICE).filter((name) => /\.(sh|sysv|openrc|default)$/.test(name));

describe.each(SCRIPTS)("%s", (name) => {
  it("is plain sh", () => {
    expect(spawnSync("sh", ["-n", join(SERVICE, name)]).status).toBe(0);
  });

  it.runIf(hasShellcheck)(
    "has nothing that shellcheck would say (skipped where there is none)",
    () => {
      const checked = spawnSync("shellcheck", [
        "--shell=sh",
        "--exclude=SC2034",
        join(SERVICE, name),
      ]);
      expect(String(checked.stdout)).toBe("");
    },
  );
});

describe.runIf(hasSystemd)("the systemd unit (skipped where there is no systemd-analyze)", () => {
  /** As it would be installed, but for the place of the program, which systemd looks for. */
  function install(where: string, ...dropIns: string[]): string {
    const unit = join(folder, where, "infield.service");
    mkdirSync(`${unit}.d`, { recursive: true });
    const place = (text: string) => text.replaceAll("/opt/infield", installed);
    writeFileSync(unit, place(readFileSync(join(SERVICE, "infield.service"), "utf8")));
    for (const name of dropIns)
      writeFileSync(join(`${unit}.d`, name), place(readFileSync(join(SERVICE, name), "utf8")));
    return unit;
  }

  it("for sleep has nothing that systemd would complain of, and is ordered before sleep", () => {
    install("verify-sleep");
    const unit = join(folder, "verify-sleep", "infield-sleep.service");
    const text = readFileSync(join(SERVICE, "infield-sleep.service"), "utf8");
    writeFileSync(unit, text.replaceAll("/opt/infield", installed));
    const verified = spawnSync("systemd-analyze", ["verify", "--man=no", unit], {
      encoding: "utf8",
    });
    expect([verified.status, verified.stderr]).toEqual([0, ""]);
    expect(text).toMatch(/^Before=sleep.target$/m);
    expect(text).toMatch(/^StopWhenUnneeded=yes$/m);
  });

  it.each([[[]], [["infield-system.conf"]]])(
    "has nothing that systemd would complain of, with %j",
    (dropIns) => {
      const unit = install(`verify-${dropIns.length}`, ...dropIns);
      const verified = spawnSync("systemd-analyze", ["verify", "--man=no", unit], {
        encoding: "utf8",
      });
      expect([verified.status, verified.stderr]).toEqual([0, ""]);
    },
  );

  it.each([
    [[], 20],
    [["infield-system.conf"], 30],
  ])("leaves little to attack, with %j", (dropIns, tenths) => {
    const unit = install(`security-${dropIns.length}`, ...dropIns);
    const judged = spawnSync("systemd-analyze", [
      "security",
      "--offline=yes",
      `--threshold=${tenths}`,
      unit,
    ]);
    expect(judged.status).toBe(0);
  });
});

describe("the hook of other power managers", () => {
  it.each([
    ["pre", "sleep"],
    ["suspend", "sleep"],
    ["hibernate", "sleep"],
    ["post", "wake"],
    ["resume", "wake"],
    ["thaw", "wake"],
    ["reload", ""],
  ])("called with %s tells the agent to %s, and never fails", (word, command) => {
    const said = join(folder, `hook-${word}`);
    const infield = join(folder, "infield-fails");
    writeFileSync(infield, `#!/bin/sh\necho "$@" >${said}\nexit 1\n`, { mode: 0o755 });
    const env = { ...process.env, INFIELD: infield, INFIELD_ROOT: "/the/root" };
    const ran = spawnSync(join(SERVICE, "sleep-hook.sh"), [word], { env });
    expect(ran.status).toBe(0);
    const told = spawnSync("cat", [said], { encoding: "utf8" }).stdout;
    expect(told).toBe(command && `${command} --root /the/root\n`);
  });
});

describe.runIf(isLinux)("the SysV script (skipped where there is no /proc)", () => {
  it("starts, tells of, and stops a real agent", async () => {
    const root = join(folder, "sysv");
    await infield("install", first, "--root", root);
    const script = join(folder, "infield.sysv");
    cpSync(join(SERVICE, "infield.sysv"), script);
    const defaults = join(folder, "defaults");
    writeFileSync(
      defaults,
      [
        `INFIELD=${join(installed, "bin/infield.js")}`,
        `INFIELD_USER=${execFileSync("id", ["-un"], { encoding: "utf8" }).trim()}`,
        `INFIELD_ROOT=${root}`,
        `INFIELD_LOG=${join(folder, "log")}`,
        'INFIELD_OPTIONS="--port 0 --interface lo --name Amina"',
      ].join("\n"),
    );
    const run = (what: string) => {
      const env = { ...process.env, INFIELD_DEFAULTS: defaults };
      const { status, stdout } = spawnSync("sh", [script, what], { encoding: "utf8", env });
      return `${status} ${stdout.trim()}`.replace(/process \d+/, "process N");
    };
    expect(run("status")).toBe("3 infield does not run");
    try {
      expect(run("start")).toBe("0 infield runs as process N");
      expect(run("start")).toBe("0 infield runs already, as process N");
      expect(run("status")).toBe("0 infield runs as process N");
      expect(await infield("status", "--root", root)).toMatchObject({
        agent: { pid: expect.any(Number) },
      });
      expect(run("restart")).toBe("0 infield has ended\ninfield runs as process N");
    } finally {
      expect(run("stop")).toBe("0 infield has ended");
    }
    expect(run("stop")).toBe("0 infield does not run");
    expect(run("nonsense")).toBe("2 ");
  });
});
