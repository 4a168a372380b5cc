/**
 * "Then we won't be woken up by our friends announcing that they have version n like we do, but we
 * will be woken up as soon as someone gets version n+1." Counted, on real sockets.
 */
import { cpSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { startClassroom } from "../harness/classroom.ts";
import { type AgentEvent, infield } from "../harness/infield.ts";
import { handOver, updateClassroom } from "../harness/page-client.ts";
import { removeTempFolders, tempFolder } from "../harness/temp.ts";
import { writeSampleTrees } from "../trees/sample.ts";

afterAll(removeTempFolders);

it("a laptop at n receives no packet for announcements of n, while one at n-1 is updated by them", async () => {
  const folder = tempFolder("quiet");
  const trees = writeSampleTrees(folder);
  const [repository, key] = [join(folder, "repository"), join(folder, "channel.key")];
  const release = (...more: string[]) =>
    infield("release", "create", "-d", repository, "--key", key, ...more);
  await infield("channel", "create", "Quiet", "-d", repository, "--key", key);
  await release("--tree", trees.old);
  const stick = join(folder, "stick");
  cpSync(repository, stick, { recursive: true });
  const classroom = await startClassroom({
    folder,
    repository,
    port: 0,
    laptops: ["Amina", "Bopha"],
  });
  try {
    await release("--tree", trees.next, "--from", trees.old);
    await handOver(repository, 2, classroom.page);
    await updateClassroom(classroom.page);
    for (const { agent } of classroom.laptops)
      await agent.until((event) => event.event === "confirmed" && event.version === 2);

    // Amina and Bopha have version 2, and so has the teacher; all of them announce it. Now Carlos
    // comes, at version 1.
    const heardBefore = classroom.laptops.map(({ agent }) => announcements(agent.events).length);
    const late = await startClassroom({
      folder: join(folder, "late"),
      repository: stick,
      port: 0,
      laptops: [],
    });
    try {
      await late.teacher.agent.until((event) => event.event === "confirmed" && event.version === 2);
      expect(
        announcements(late.teacher.agent.events).filter((event) => event.version === 2).length,
      ).toBeGreaterThan(0);
    } finally {
      await late.stop();
    }
    const heardAfter = classroom.laptops.map(({ agent }) => announcements(agent.events).length);
    expect(heardAfter).toEqual(heardBefore);
    for (const { agent } of classroom.laptops) expect(announcedOwn(agent.events)).toEqual([]);
  } finally {
    await classroom.stop();
  }
});

function announcements(events: readonly AgentEvent[]): AgentEvent[] {
  return events.filter((event) => event.event === "packet" && event.kind === "announcement");
}

/** Announcements heard of a version that the laptop had already. */
function announcedOwn(events: readonly AgentEvent[]): AgentEvent[] {
  let version = 1;
  return events.filter((event) => {
    if (event.event === "confirmed") version = Number(event.version);
    return (
      event.event === "packet" && event.kind === "announcement" && Number(event.version) <= version
    );
  });
}
