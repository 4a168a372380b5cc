/**
 * For tests, run as a process: `killed-update.ts ROOT REPOSITORY TARGET N` updates ROOT and kills
 * itself, as kill -9 does, right before its N-th change of a name on the disk (rename, link,
 * removal, new folder). Exits 0 when there were fewer.
 */
import promises from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";

const [path = "", repository = "", target = "", killAt = ""] = process.argv.slice(2);
let calls = 0;

function countCall(): void {
  calls++;
  if (calls === Number(killAt)) process.kill(process.pid, "SIGKILL");
}

function counted<A extends unknown[], R>(call: (...args: A) => R): (...args: A) => R {
  return (...args) => {
    countCall();
    return call(...args);
  };
}

promises.rename = counted(promises.rename);
promises.symlink = counted(promises.symlink);
promises.rm = counted(promises.rm);
// Seen by every module that imports these by name, as long as it is loaded afterwards.
syncBuiltinESMExports();

const { blobPath, readChannel, readRelease } = await import("@infield/shared/records");
const { openRoot } = await import("../root/open-root.ts");
const { folderRepository } = await import("../root/repository.ts");
const { copyBlob } = await import("../write/incoming.ts");
const { updateTo } = await import("../../update/update.ts");

const source = folderRepository(repository);
const { channel } = await readChannel(source);
const releases = await Promise.all(
  (await source.versions()).map((version) => readRelease(source, channel, version)),
);
const root = await openRoot(path);
await root.change((writable) =>
  updateTo(writable, channel, releases, Number(target), {
    async fetchBlob(blob, onProgress) {
      const bytes = await source.open(blobPath(blob.root));
      if (bytes !== undefined) await copyBlob(writable, blob, bytes, onProgress);
    },
    onStep: () => {},
  }),
);
await root.close();
