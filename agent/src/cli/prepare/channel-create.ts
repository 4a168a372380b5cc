/** `infield channel create NAME -d REPO --key KEYFILE` */
import { rm } from "node:fs/promises";
import { InfieldError, utf8 } from "@infield/shared/base";
import {
  CHANNEL_FILE,
  createChain,
  createSigningKey,
  formatKeyFile,
  verifyChain,
} from "@infield/shared/records";
import { folderRepository } from "../../store/root/repository.ts";
import type { Outcome } from "../output/terminal.ts";
import type { Input } from "../parse/commands.ts";
import { checkName } from "../parse/name.ts";
import { isInside } from "./inside.ts";
import { checkOutput, writeNewFile } from "./new-file.ts";

export async function runChannelCreate(input: Input<"channel create">): Promise<Outcome> {
  const { NAME: name, directory, key: keyFile } = input;
  await checkInput(name, directory, keyFile);
  const key = createSigningKey();
  const chain = createChain(name, key);
  await writeNewFile(keyFile, [utf8(formatKeyFile(key))], { mode: 0o600 });
  try {
    await folderRepository(directory).createChannel(chain);
  } catch (error) {
    await rm(keyFile, { force: true });
    throw error;
  }
  const { id } = verifyChain(chain);
  return {
    data: { channel: id, name, directory, keyFile, keyId: key.publicKey.id },
    text: [
      `channel ${id}`,
      `${keyFile} is its secret key: keep it to yourself, and a copy of it in a safe place`,
      `next: infield release create -d ${directory} --key ${keyFile} --tree FOLDER`,
    ].join("\n"),
  };
}

async function checkInput(name: string, directory: string, keyFile: string): Promise<void> {
  checkName(name, "NAME");
  if (await isInside(keyFile, directory)) {
    throw new InfieldError(
      "not-allowed",
      `${JSON.stringify(keyFile)} lies in the repository, which is handed to everybody`,
      "keep the secret key in another folder",
    );
  }
  await checkOutput(keyFile);
  if ((await folderRepository(directory).open(CHANNEL_FILE)) !== undefined) {
    throw new InfieldError(
      "already-exists",
      `${JSON.stringify(directory)} holds a channel already`,
      "choose another folder for the new channel",
    );
  }
}
