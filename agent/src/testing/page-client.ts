/**
 * A page as a test sees it: the agent's WebSocket, requests that end, and the classroom as it was
 * last shown.
 */
import { once } from "node:events";
import {
  type AgentMessage,
  AgentMessageSchema,
  type Classroom,
  type PageMessage,
  parseMessage,
  type Request,
  type Wire,
} from "@infield/shared/transfer";
import { WebSocket } from "ws";
import type { TestAgent } from "./agents.ts";

type Ask = Exclude<PageMessage, { type: "hello" | "file" | "failed" }>;
type Unnumbered<T> = T extends { id: number } ? Omit<T, "id"> : never;
type Ended = Extract<AgentMessage, { type: "done" | "failed" }>;

export interface PageClient {
  readonly socket: WebSocket;
  /** Every message so far. */
  readonly messages: readonly AgentMessage[];
  /** Resolves with `done` or `failed`. */
  ask(request: Unnumbered<Ask>): Promise<Ended>;
  /** The first message, come already or to come, that matches. */
  until(matches: (message: AgentMessage) => boolean): Promise<AgentMessage>;
  /** The first state of the classroom, shown already or to come, that matches. */
  classroom(matches?: (classroom: Classroom) => boolean): Promise<Classroom>;
}

/** Opens a page of an agent; `serve` answers what the agent asks back. */
export async function openPage(
  agent: TestAgent,
  serve?: (request: Request, wire: Wire) => Promise<void>,
): Promise<PageClient> {
  const token = new URL(agent.pageUrl).hash.slice(1);
  const socket = new WebSocket(`ws://127.0.0.1:${agent.pagePort}/page`);
  const messages: AgentMessage[] = [];
  const watchers = new Set<() => void>();
  const wire = {
    send: async (frame: string | Uint8Array) => socket.send(frame),
    close: () => socket.close(),
  };
  socket.on("message", (data) => {
    const message = parseMessage(AgentMessageSchema, String(data));
    messages.push(message);
    if (serve && message.type.startsWith("get-")) void serve(message as never, wire);
    for (const watch of watchers) watch();
  });
  await once(socket, "open");
  const say = (message: PageMessage) => socket.send(JSON.stringify(message));
  say({ type: "hello", protocol: 1, token });
  let lastId = 0;

  const until: PageClient["until"] = (matches) =>
    new Promise((resolve) => {
      const watch = () => {
        const found = messages.find(matches);
        if (found === undefined) return;
        watchers.delete(watch);
        resolve(found);
      };
      watchers.add(watch);
      watch();
    });
  return {
    socket,
    messages,
    until,
    async ask(request) {
      const id = ++lastId;
      say({ ...request, id });
      const isEnd = (message: AgentMessage) => message.type === "done" || message.type === "failed";
      return (await until(
        (message) => isEnd(message) && "id" in message && message.id === id,
      )) as Ended;
    },
    async classroom(matches = () => true) {
      return (await until(
        (message) => message.type === "classroom" && matches(message),
      )) as Classroom;
    },
  };
}
