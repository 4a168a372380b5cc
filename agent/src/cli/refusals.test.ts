import { execFileSync, spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { isRoot, mountSmallDisk, noMounts } from "./testing/machine.ts";
import { openWorkshop, type RunOptions, type Workshop } from "./testing/workshop.ts";

/** "nobody" of Debian. */
const NOBODY = 65534;

let shop: Workshop;
beforeAll(async () => {
  shop = openWorkshop();
  for (const [folder, text] of [
    ["old", "some text\n"],
    ["new", "some other text\n"],
  ] as const) {
    mkdirSync(shop.at(folder));
    writeFileSync(shop.at(folder, "file"), text.repeat(20));
  }
  mkdirSync(shop.at("scratch"));
  chmodSync(shop.at("scratch"), 0o777);
  await shop.ask("delta", "create", "old", "new", "-o", "delta");
});
afterAll(() => shop.close());

let before: string[];
beforeEach(() => {
  before = listEverything();
});
afterEach(() => {
  expect(listEverything(), "something was left behind").toEqual(before);
});

function listEverything(): string[] {
  return readdirSync(shop.folder, { recursive: true }).map(String).sort();
}

interface Failure {
  readonly exitCode: number;
  readonly error: { readonly code: string; readonly message: string; readonly hint: string };
}
async function fail(args: string[], options?: RunOptions): Promise<Failure> {
  const { exitCode, stdout, stderr } = await shop.run([...args, "--json"], options);
  expect(stderr).toBe("");
  return { exitCode, ...JSON.parse(stdout) };
}
const create = (...args: string[]) => ["delta", "create", ...args];
const apply = (...args: string[]) => ["delta", "apply", ...args];

describe("an error", () => {
  it("is one sentence with its code and the next step on stderr, and nothing on stdout", async () => {
    expect(await shop.run(create("missing", "new", "-o", "out"))).toEqual({
      exitCode: 1,
      stdout: "",
      stderr:
        'infield: "missing" does not exist (not-a-tree)\n' +
        "  name a folder, a .tar (also .gz, .xz, .zst, .bz2), a .zip, or the word empty\n",
    });
  });

  it("in the command line has its own exit code", async () => {
    const { exitCode, stderr } = await shop.run(create("old", "new", "--ouput", "out"));
    expect({ exitCode, stderr }).toEqual({
      exitCode: 2,
      stderr: "infield: `delta create` has no option --ouput (usage)\n  did you mean --output?\n",
    });
    expect(await fail(["delta"])).toMatchObject({ exitCode: 2, error: { code: "usage" } });
  });

  it("never lets a name steer the terminal", async () => {
    const { stderr } = await shop.run(["delta", "inspect", "\u001b[2J"]);
    expect(stderr).not.toContain("\u001b");
  });
});

describe("delta create refuses", () => {
  it("what is no tree", async () => {
    expect(await fail(create("delta", "new", "-o", "out"))).toMatchObject({
      exitCode: 1,
      error: { code: "not-a-tree" },
    });
  });

  it("an output that is there, before it begins", async () => {
    expect(await fail(create("missing", "new", "-o", "delta"))).toMatchObject({
      exitCode: 1,
      error: { code: "already-exists", message: '"delta" is there already' },
    });
    expect(await fail(create("old", "new", "-o", "old"))).toMatchObject({
      error: { code: "already-exists" },
    });
  });

  it("an output in a tree that it is made of", async () => {
    for (const output of ["old/out", "new/out", "old/../new/out"]) {
      expect(await fail(create("old", "new", "-o", output))).toMatchObject({
        exitCode: 1,
        error: { code: "not-allowed", hint: "write the delta outside of OLD and NEW" },
      });
    }
  });

  it("an output in a folder that is not there", async () => {
    expect(await fail(create("old", "new", "-o", "none/out"))).toMatchObject({
      exitCode: 1,
      error: { code: "io-failed", message: 'the folder of "none/out" does not exist' },
    });
  });

  it("a FIFO in the tree", async () => {
    mkdirSync(shop.at("scratch", "fifo"));
    execFileSync("mkfifo", [shop.at("scratch", "fifo", "pipe")]);
    before = listEverything();
    const { error } = await fail(create("old", "scratch/fifo", "-o", "out"));
    expect(error).toMatchObject({ code: "unsupported-entry" });
    expect(error.message).toMatch(/^"pipe" is a FIFO/);
  });

  it.skipIf(!isRoot)("a device in the tree (making one needs root)", async () => {
    mkdirSync(shop.at("scratch", "device"));
    execFileSync("mknod", [shop.at("scratch", "device", "null"), "c", "1", "3"]);
    before = listEverything();
    const { error } = await fail(create("scratch/device", "new", "-o", "out"));
    expect(error).toMatchObject({ code: "unsupported-entry" });
    expect(error.message).toMatch(/^"null" is a device/);
  });

  it("a file that may not be read", async () => {
    mkdirSync(shop.at("scratch", "secret"));
    writeFileSync(shop.at("scratch", "secret", "diary"), "dear diary");
    chmodSync(shop.at("scratch", "secret", "diary"), 0);
    before = listEverything();
    const asNobody = isRoot ? { uid: NOBODY } : {};
    const failure = await fail(create("old", "scratch/secret", "-o", "scratch/out"), asNobody);
    expect(failure).toMatchObject({ exitCode: 1, error: { code: "unreadable-file" } });
    expect(failure.error.message).toContain("secret/diary");
  });

  it("an output that may not be written", async () => {
    mkdirSync(shop.at("locked"));
    chmodSync(shop.at("locked"), 0o555);
    before = listEverything();
    const failure = await fail(
      create("old", "new", "-o", "locked/out"),
      isRoot ? { uid: NOBODY } : {},
    );
    expect(failure).toMatchObject({ exitCode: 1, error: { code: "io-failed" } });
    expect(failure.error.message).toContain('"locked/out"');
  });
});

describe("delta apply refuses", () => {
  it("every truncation and every flipped byte of a delta", async () => {
    const whole = readFileSync(shop.at("delta"));
    // Every position is tried in e2e; here a few of each part, as each is a process of its own.
    const positions = Array.from({ length: 8 }, (_, i) => Math.floor((i * (whole.length - 1)) / 7));
    writeFileSync(shop.at("damaged"), "");
    before = listEverything();
    for (const at of positions) {
      const flipped = Buffer.from(whole);
      flipped[at] = (flipped[at] ?? 0) ^ 0x10;
      for (const bytes of [flipped, whole.subarray(0, at)]) {
        writeFileSync(shop.at("damaged"), bytes);
        const { exitCode, error } = await fail(apply("old", "damaged", "-o", "out"));
        expect(exitCode).toBe(1);
        expect(["delta-damaged", "delta-too-new"]).toContain(error.code);
      }
    }
  });

  it("a folder where the delta belongs", async () => {
    expect(await fail(apply("delta", "old", "-o", "out"))).toMatchObject({
      error: { message: '"old" is a folder, not a delta', hint: "the order is OLD FILE" },
    });
  });

  it("another base", async () => {
    expect(await fail(apply("new", "delta", "-o", "out"))).toMatchObject({
      exitCode: 1,
      error: { code: "wrong-base" },
    });
  });

  it("an output that is there, and a delta that is not", async () => {
    expect(await fail(apply("old", "delta", "-o", "new"))).toMatchObject({
      exitCode: 1,
      error: { code: "already-exists" },
    });
    expect(await fail(apply("old", "none", "-o", "out"))).toMatchObject({
      exitCode: 1,
      error: { code: "unreadable-file", message: '"none" does not exist' },
    });
  });
});

describe("delta inspect refuses", () => {
  it("what is no delta, or not there", async () => {
    writeFileSync(shop.at("noise"), randomBytes(1000));
    before = listEverything();
    expect(await fail(["delta", "inspect", "noise"])).toMatchObject({
      exitCode: 1,
      error: { code: "delta-damaged" },
    });
    expect(await fail(["delta", "inspect", "none"])).toMatchObject({
      exitCode: 1,
      error: { code: "unreadable-file", message: '"none" does not exist' },
    });
    expect(await fail(["delta", "inspect", "old"])).toMatchObject({
      exitCode: 1,
      error: { code: "unreadable-file", message: '"old" is a folder, not a delta' },
    });
  });
});

describe(`a full disk${noMounts === undefined ? "" : ` (skipped: ${noMounts})`}`, () => {
  let unmount: () => void;
  beforeAll(() => {
    if (noMounts !== undefined) return;
    mkdirSync(shop.at("small"));
    unmount = mountSmallDisk(shop.at("small"), 64);
    mkdirSync(shop.at("large"));
    writeFileSync(shop.at("large", "noise"), randomBytes(200_000));
  });
  afterAll(() => unmount?.());

  it.skipIf(noMounts !== undefined)(
    "ends delta create with no-space, and nothing is left",
    async () => {
      const failure = await fail(create("old", "large", "-o", "small/out"));
      expect(failure).toMatchObject({ exitCode: 1, error: { code: "no-space" } });
      expect(failure.error.message).toContain('"small/out"');
    },
  );

  it.skipIf(noMounts !== undefined)(
    "ends delta apply with no-space, and nothing is left",
    async () => {
      await shop.ask(...create("old", "large", "-o", "scratch/large delta"));
      before = listEverything();
      expect(await fail(apply("old", "scratch/large delta", "-o", "small/out"))).toMatchObject({
        exitCode: 1,
        error: { code: "no-space" },
      });
    },
  );
});

describe("Ctrl-C", () => {
  it("in the middle of making a delta ends it with 130 and leaves nothing", async () => {
    for (const folder of ["noise old", "noise new"]) {
      mkdirSync(shop.at("scratch", folder));
      writeFileSync(shop.at("scratch", folder, "noise"), randomBytes(8_000_000));
    }
    before = listEverything();
    // `script` gives it a terminal: progress is drawn, and ^C arrives as it does from a keyboard.
    const words = [
      process.execPath,
      shop.infield,
      ...create("noise old", "noise new", "-o", "out"),
    ];
    const command = words.map((word) => `'${word}'`).join(" ");
    const child = spawn("script", ["-qefc", command, "/dev/null"], { cwd: shop.at("scratch") });
    let screen = "";
    child.stdout.on("data", (bytes) => {
      const began = screen.includes("making the delta");
      screen += String(bytes);
      if (!began && screen.includes("making the delta")) child.stdin.write("\u0003");
    });
    const exitCode = await new Promise((resolve) => child.on("close", resolve));
    expect(screen).toMatch(/reading OLD {2}\[.*infield: cancelled/s);
    expect(exitCode).toBe(130);
  });
});

describe.skipIf(!existsSync("/dev/full"))(
  "an output on a full disk (where there is a /dev/full)",
  () => {
    it("is a failure", () => {
      const command = `'${process.execPath}' '${shop.infield}' --help > /dev/full`;
      const { status, stderr } = spawnSync("sh", ["-c", command], { encoding: "utf8" });
      expect({ status, stderr }).toEqual({
        status: 1,
        stderr: "infield: the output cannot be written, ENOSPC (io-failed)\n  free some space\n",
      });
    });
  },
);

describe("a reader that goes away", () => {
  it("is no failure", async () => {
    const child = spawn(process.execPath, [shop.infield, "--help"], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    child.stdout.destroy();
    let stderr = "";
    child.stderr.on("data", (bytes) => {
      stderr += String(bytes);
    });
    const exitCode = await new Promise((resolve) => child.on("close", resolve));
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  });
});
