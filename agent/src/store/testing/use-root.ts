/**
 * For tests: a volunteer with releases, and a root that was brought to some state once, of which
 * each test gets a copy of its own.
 */
import { execFileSync } from "node:child_process";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach } from "vitest";
import { openRoot } from "../root/open-root.ts";
import type { OpenRoot } from "../root/root.ts";
import { startVolunteer, temporaryFolder, updateFrom, type Volunteer } from "./volunteer.ts";

export interface RootFixture {
  /** A path in the temporary folder: the test's root is `root`. */
  path(...parts: string[]): string;
  readonly volunteer: Volunteer;
  /** Open, and follows the volunteer's channel. */
  readonly root: OpenRoot;
  /** Takes release `target` with everything that the volunteer has. */
  update(target: number): Promise<void>;
  /** As after a restart. */
  reopen(options?: Parameters<typeof openRoot>[1]): Promise<void>;
}

/**
 * For the top of a test file. `prepare` makes releases and brings the root, an empty one, to where
 * all tests begin.
 */
export function useRoot(prepare: (fixture: RootFixture) => Promise<void>): RootFixture {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let volunteer: Volunteer;
  let root: OpenRoot;
  const path = (...parts: string[]) => join(folder.path, ...parts);
  const fixture: RootFixture = {
    path,
    get volunteer() {
      return volunteer;
    },
    get root() {
      return root;
    },
    update: (target) => updateFrom(root, volunteer, target),
    async reopen(options) {
      await root.close();
      root = await openRoot(root.path, options);
    },
  };

  beforeAll(async () => {
    folder = await temporaryFolder();
    volunteer = await startVolunteer(path("volunteer"));
    root = await openRoot(path("template"), { create: true });
    await root.identity.pinChannel(volunteer.channel.id);
    await prepare(fixture);
    await root.close();
  });
  beforeEach(async () => {
    // With hard links and attributes, which Node's own copies leave behind.
    execFileSync("cp", ["-a", path("template"), path("root")]);
    root = await openRoot(path("root"));
  });
  afterEach(async () => {
    await root.close();
    await rm(path("root"), { recursive: true });
  });
  afterAll(() => folder.remove());
  return fixture;
}
