/** What the Prepare page does when it hands a release over, done from Node: an offer, then the agent's questions answered. */
import { once } from "node:events";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  AgentMessageSchema,
  bytesSource,
  createServer,
  parseMessage,
  type RepositoryReader,
  type Wire,
} from "@infield/shared";
import WebSocket from "ws";

/** Hands release `version` of a repository folder to the agent whose page is at `page`. Resolves when it is stored there. */
export async function handOver(repository: string, version: number, page: string): Promise<void> {
  const { host, hash } = new URL(page);
  const socket = new WebSocket(`ws://${host}/page`);
  await once(socket, "open");
  const wire: Wire = {
    send: (frame) =>
      new Promise((resolve, reject) => socket.send(frame, (error) => (error ? reject(error) : resolve()))),
    close: () => socket.close(),
  };
  const answer = createServer(folderReader(repository));
  const [channel, release] = await Promise.all(
    ["channel.json", `releases/${version}.json`].map((path) => readFile(join(repository, path), "utf8")),
  );
  const done = new Promise<void>((resolve, reject) => {
    socket.on("close", () => reject(new Error("the agent closed the connection")));
    socket.on("message", (data, isBinary) => {
      if (isBinary) return;
      const message = parseMessage(AgentMessageSchema, String(data));
      if (message.type === "done") resolve();
      else if (message.type === "failed") reject(new Error(`${message.code}: ${message.message}`));
      else if ("id" in message && message.type !== "progress") void answer(message, wire);
    });
  });
  await wire.send(JSON.stringify({ type: "hello", protocol: 1, token: hash.slice(1) }));
  await wire.send(JSON.stringify({ type: "offer", id: 1, channel, release }));
  await done;
  socket.close();
}

function folderReader(folder: string): RepositoryReader {
  return {
    open: async (path) =>
      readFile(join(folder, path)).then(
        (bytes) => bytesSource(bytes),
        () => undefined,
      ),
    versions: async () => (await readdir(join(folder, "releases"))).map((name) => Number.parseInt(name, 10)),
  };
}
