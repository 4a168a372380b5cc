/**
 * "Then we won't be woken up by our friends announcing that they have version n like we do, but we
 * will be woken up as soon as someone gets version n+1." Counted, on real sockets.
 */
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { createTwoReleases } from "../harness/channel.ts";
import { startClassroom } from "../harness/classroom.ts";
import type { AgentEvent } from "../harness/infield.ts";
import { handOver, updateClassroom } from "../harness/page-client.ts";
import { removeTempFolders, tempFolder } from "../harness/temp.ts";
import { writeSampleTrees } from "../trees/sample.ts";

afterAll(removeTempFolders);

it("announcements of n reach no laptop at n, and update one at n-1", async () => {
  const folder = tempFolder("quiet");
  const channel = await createTwoReleases(folder, "Quiet", writeSampleTrees(folder));
  const classroom = await startClassroom({
    folder,
    repository: channel.first,
    port: 0,
    laptops: ["Amina", "Bopha"],
  });
  try {
    await handOver(channel.repository, 2, classroom.page);
    await updateClassroom(classroom.page);
    for (const { agent } of classroom.laptops)
      await agent.until((event) => event.event === "confirmed" && event.version === 2);

    // Amina and Bopha have version 2, and so has the teacher; all of them announce it. Now Carlos
    // comes, at version 1.
    const heardBefore = classroom.laptops.map(({ agent }) => announcements(agent.events).length);
    const late = await startClassroom({
      folder: join(folder, "late"),
      repository: channel.first,
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
