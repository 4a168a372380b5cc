/** `npm start`: a classroom on this machine. A teacher's agent and three laptops at version 1, and version 2 ready to spread. */
import { join } from "node:path";
import { startClassroom } from "./classroom.ts";
import { infield } from "./infield.ts";
import { handOver } from "./page-client.ts";
import { writeSampleTrees } from "./sample.ts";
import { removeTempFolders, tempFolder } from "./temp.ts";

const NAMES = ["Amina", "Bopha", "Carlos"];
const port = Number(process.env.PORT ?? 7460);

const folder = tempFolder("classroom");
process.on("exit", removeTempFolders);
console.log("making a sample channel and installing version 1 on four laptops …");
const trees = writeSampleTrees(folder);
const repository = join(folder, "repository");
const key = join(folder, "channel.key");
await infield("channel", "create", "Sample", "-d", repository, "--key", key);
await infield(
  "release",
  "create",
  "-d",
  repository,
  "--key",
  key,
  "--tree",
  trees.old,
  "--notes",
  "the first version",
);
const classroom = await startClassroom({ folder, repository, port, laptops: NAMES });
const notes = "a new story for everybody";
await infield(
  "release",
  "create",
  "-d",
  repository,
  "--key",
  key,
  "--tree",
  trees.next,
  "--from",
  trees.old,
  "--notes",
  notes,
  "--health",
  "bin/check",
);
await handOver(repository, 2, classroom.page);

console.log(`
  a classroom on this machine: ${["Teacher", ...NAMES].join(", ")}, all at version 1; version 2 is ready

  open   ${classroom.page}
  press  Update the classroom

  to prepare a release of your own, use the trees in
    old  ${trees.old}
    new  ${trees.next}

  Ctrl-C ends it and removes everything
`);
for (const laptop of classroom.laptops) {
  void laptop.agent
    .until((event) => event.event === "confirmed" && event.version === 2)
    .then(
      () => console.log(`  ${laptop.name} has version 2`),
      () => {},
    );
}
process.once("SIGINT", async () => {
  await classroom.stop();
  process.exit(0);
});
