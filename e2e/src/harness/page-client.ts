/**
 * The page's side of its connection to the agent, from Node: hands releases over and presses the
 * buttons.
 */
import { once } from "node:events";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { RepositoryReader } from "@infield/shared/records";
import {
  type AgentMessage,
  AgentMessageSchema,
  createServer,
  type PageMessage,
  parseMessage,
  type Wire,
} from "@infield/shared/transfer";
import { bytesSource } from "@infield/shared/tree";
import WebSocket from "ws";

/**
 * Hands release `version` of a repository folder to the agent whose page is at `page`. Resolves
 * when it is stored there.
 */
export async function handOver(repository: string, version: number, page: string): Promise<void> {
  const read = (path: string) => readFile(join(repository, path), "utf8");
  const [channel, release] = await Promise.all([
    read("channel.json"),
    read(`releases/${version}.json`),
  ]);
  const answer = createServer(folderReader(repository));
  await request(page, { type: "offer", id: 1, channel, release }, answer);
}

/** Presses "Update the classroom". Resolves when this machine has the release and announces it. */
export async function updateClassroom(page: string): Promise<void> {
  await request(page, { type: "update-classroom", id: 1 });
}

type Answer = ReturnType<typeof createServer>;

async function request(page: string, message: PageMessage, answer?: Answer): Promise<void> {
  const { host, hash } = new URL(page);
  const socket = new WebSocket(`ws://${host}/page`);
  await once(socket, "open");
  const wire: Wire = {
    send: (frame) =>
      new Promise((resolve, reject) =>
        socket.send(frame, (error) => (error ? reject(error) : resolve())),
      ),
    close: () => socket.close(),
  };
  const done = new Promise<void>((resolve, reject) => {
    socket.on("close", (code, reason) =>
      reject(new Error(`the agent closed the connection: ${code} ${reason}`)),
    );
    socket.on("message", (data, isBinary) => {
      if (isBinary) return;
      const heard: AgentMessage = parseMessage(AgentMessageSchema, String(data));
      if (heard.type === "done") resolve();
      else if (heard.type === "failed") reject(new Error(`${heard.code}: ${heard.message}`));
      else if (heard.type !== "classroom" && heard.type !== "progress") void answer?.(heard, wire);
    });
  });
  await wire.send(
    JSON.stringify({ type: "hello", protocol: 1, token: hash.slice(1) } satisfies PageMessage),
  );
  await wire.send(JSON.stringify(message));
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
    versions: async () =>
      (await readdir(join(folder, "releases"))).map((name) => Number.parseInt(name, 10)),
  };
}
