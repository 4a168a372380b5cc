/**
 * Whose folders a root is made of: whoever owns one can exchange what lies in it, after it was
 * checked and before it is used.
 */
import { stat } from "node:fs/promises";
import { InfieldError } from "@infield/shared/base";
import { errorCode } from "../../host/file-source.ts";
import { toIoError } from "../../host/io-error.ts";
import type { Layout } from "./layout.ts";

/**
 * The folders of a root that are there belong to the user this process acts as, or to root. Throws
 * `wrong-user`, `io-failed`. Where there are no user ids, everything passes.
 */
export async function checkOwner(layout: Layout): Promise<void> {
  const user = process.geteuid?.();
  if (user === undefined) return;
  const { root, versions, repository, incoming, staging, trash } = layout;
  for (const folder of [root, versions, repository, incoming, staging, trash]) {
    const owner = await ownerOf(folder);
    if (owner !== undefined && owner !== user && owner !== 0) throw notOwn(folder, owner, user);
  }
}

async function ownerOf(folder: string): Promise<number | undefined> {
  try {
    return (await stat(folder)).uid;
  } catch (error) {
    if (errorCode(error) === "ENOENT" || errorCode(error) === "ENOTDIR") return undefined;
    throw toIoError(error, `read ${JSON.stringify(folder)}`);
  }
}

function notOwn(folder: string, owner: number, user: number): InfieldError {
  return new InfieldError(
    "wrong-user",
    `${JSON.stringify(folder)} belongs to user ${owner}, and this is user ${user}`,
    `run it as that user (\`sudo -u '#${owner}' infield …\`), or name a root of your own`,
  );
}
