import { readFile, symlink } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { temporaryFolder, writeTree } from "../testing/volunteer.ts";
import { runHealthCheck } from "./health.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
const tree = () => join(folder.path, "tree");

beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => folder.remove());

async function check(script: string, seconds = 20): Promise<string | undefined> {
  await writeTree(tree(), { check: `#!/bin/sh\n${script}\n` });
  return runHealthCheck(tree(), { path: "check", seconds });
}

describe("a health check", () => {
  it("is passed by exit code 0", async () => {
    expect(await check("exit 0")).toBeUndefined();
  });

  it("fails with what it printed last", async () => {
    const problem = await check("yes line | head -n 1000; echo the end >&2; exit 7");
    expect(problem).toMatch(/^it ended with 7: /);
    expect(problem).toContain("the end");
    expect(problem?.length).toBeLessThan(600);
  });

  it("is killed with everything it started when its time is up", async () => {
    const problem = await check(`sleep 1000 & echo $! > ${folder.path}/pid; wait`, 1);
    expect(problem).toContain("longer than 1 s");
    const pid = Number(await readFile(join(folder.path, "pid"), "utf8"));
    // Gone, or a zombie that only waits for whoever adopted it.
    const state = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "0 (sleep) Z");
    expect(state).toMatch(/\) [ZX]/);
  });

  it("does not wait for what a passed check left running", async () => {
    expect(await check("sleep 1000 & exit 0")).toBeUndefined();
  });

  it("fails when it cannot be run at all", async () => {
    await writeTree(tree(), { check: { content: "no program", mode: 0o644 } });
    expect(await runHealthCheck(tree(), { path: "check", seconds: 5 })).toContain(
      "could not be run",
    );
    expect(await runHealthCheck(tree(), { path: "missing", seconds: 5 })).toContain(
      "could not be run (ENOENT)",
    );
  });

  it("never follows a link out of the tree", async () => {
    await writeTree(tree(), { inside: "#!/bin/sh\nexit 0\n" });
    await symlink("inside", join(tree(), "good"));
    await symlink("/bin/true", join(tree(), "bad"));
    expect(await runHealthCheck(tree(), { path: "good", seconds: 5 })).toBeUndefined();
    expect(await runHealthCheck(tree(), { path: "bad", seconds: 5 })).toContain(
      "leads out of its tree",
    );
  });
});
