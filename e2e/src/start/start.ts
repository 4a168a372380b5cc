/**
 * `npm start`: a classroom on this machine. A teacher's agent and three laptops at version 1, and
 * version 2 ready to spread.
 */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { createChannel } from "../harness/channel.ts";
import { type Classroom, startClassroom } from "../harness/classroom.ts";
import { handOver } from "../harness/page-client.ts";
import { removeTempFolders, tempFolder } from "../harness/temp.ts";
import { writeSampleTrees } from "../trees/sample.ts";
import { zipFolder } from "../trees/zip-folder.ts";

const NAMES = ["Amina", "Bopha", "Carlos"];
const port = Number(process.env.PORT ?? 7460);
const folder = tempFolder("classroom");
process.on("exit", removeTempFolders);

try {
  console.log("making a sample channel and installing version 1 on four laptops …");
  const trees = writeSampleTrees(folder);
  const classroom = await prepareClassroom(trees);
  console.log(`
  a classroom on this machine: ${["Teacher", ...NAMES].join(", ")}, all at version 1; version 2 is ready

  open   ${classroom.page}
  press  Update the classroom

  to go on with version 3 yourself, open Prepare and use
    old files       ${trees.next}.tar
    new files       any other one
    key file        ${join(folder, "channel.key")}
    zip to import   ${join(folder, "repository.zip")}

  Ctrl-C ends it and removes everything
`);
  tellProgress(classroom);
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => void classroom.stop().then(() => process.exit(0)));
  }
} catch (error) {
  console.error(`npm start: ${error instanceof Error ? error.message : error}`);
  console.error("  it uses the ports 7460 and 7461; PORT=8460 npm start uses others");
  process.exit(1);
}

/** Four laptops with version 1, and version 2 in the teacher's hands. */
async function prepareClassroom(trees: { old: string; next: string }): Promise<Classroom> {
  const { repository, release } = await createChannel(folder, "Sample");
  await release(trees.old, "--notes", "the first version");
  const classroom = await startClassroom({ folder, repository, port, laptops: NAMES });
  await release(
    trees.next,
    ...["--from", trees.old, "--health", "bin/check"],
    ...["--notes", "a new story for everybody"],
  );
  await handOver(repository, 2, classroom.page);
  await zipFolder(repository, `${repository}.zip`);
  execFileSync("tar", ["-C", trees.next, "-cf", `${trees.next}.tar`, "."]);
  return classroom;
}

function tellProgress({ laptops }: Classroom): void {
  for (const { name, agent } of laptops) {
    agent
      .until((event) => event.event === "confirmed" && event.version === 2)
      .then(
        () => console.log(`  ${name} has version 2`),
        () => {},
      );
  }
}
