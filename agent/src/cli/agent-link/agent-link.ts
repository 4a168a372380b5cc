/**
 * Talking to the agent that runs on a root, the way its page does: over its WebSocket on this
 * machine, with the root's token (docs/protocol.md, section 3).
 */
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { ERROR_CODES, type ErrorCode, InfieldError, MAX_MESSAGE_BYTES } from "@infield/shared/base";
import { Count, parseRecord } from "@infield/shared/records";
import {
  type AgentMessage,
  AgentMessageSchema,
  type Classroom,
  type PageMessage,
  parseMessage,
  type Serve,
  type Wire,
} from "@infield/shared/transfer";
import * as v from "valibot";
import WebSocket from "ws";
import { errorCode } from "../../host/file-source.ts";
import { toIoError } from "../../host/io-error.ts";
import { createWire } from "../../peers/wire.ts";
import { layoutOf } from "../../store/root/layout.ts";
import { isLocked } from "../../store/root/lock.ts";

/** Milliseconds for an agent on this very machine to take a connection. */
const CONNECT_MS = 5_000;

const Port = Count(1, 65_535);
const AgentFileSchema = v.object({ pid: Count(1, 2 ** 31), port: Port, peerPort: Port });
export type AgentProcess = v.InferOutput<typeof AgentFileSchema>;

/** What the command line asks of an agent. */
type Ask = Extract<
  PageMessage,
  {
    type:
      | "offer"
      | "update-classroom"
      | "look"
      | "roll-back"
      | "hold"
      | "resume"
      | "prune"
      | "repair"
      | "connect"
      | "disconnect"
      | "sleep"
      | "wake";
  }
>;

/**
 * The agent that runs on a root, or undefined. A killed one leaves its agent.json, and its process
 * id and port may be another program's by now, which must not be told the token: only while the
 * root is locked is there an agent. Throws `record-invalid`, `io-failed`.
 */
export async function findAgent(root: string): Promise<AgentProcess | undefined> {
  const path = layoutOf(root).agentFile;
  try {
    const agent = parseRecord(AgentFileSchema, await readFile(path, "utf8"), "agent.json");
    return (await isLocked(root)) && isOwnProcess(agent.pid) ? agent : undefined;
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw toIoError(error, `read ${JSON.stringify(path)}`);
  }
}

/**
 * Asks the agent at `port`, and resolves when it has done that. `onClassroom` hears how it goes.
 * Throws what the agent answers, `peer-failed` when it ends before, AbortError.
 */
export async function askAgent(
  door: { port: number; token: string },
  ask: Ask,
  onClassroom: (classroom: Classroom) => void,
  signal: AbortSignal,
): Promise<void> {
  await talk(door, [ask], signal, (message, end) => {
    if (message.type === "classroom") onClassroom(message);
    else if (message.type === "done" && message.id === ask.id) end();
    else if (message.type === "failed" && message.id === ask.id) throw toError(message);
  });
}

/**
 * Offers a release to the agent, which fetches through `serve` what it lacks of it, and resolves
 * when it has stored that. `onProgress` counts bytes. Throws as `askAgent`.
 */
export async function offerRelease(
  door: { port: number; token: string },
  offer: { readonly channel: string; readonly release: string },
  serve: Serve,
  onProgress: (doneBytes: number) => void,
  signal: AbortSignal,
): Promise<void> {
  const ask = { type: "offer", id: 1, ...offer } as const;
  await talk(door, [ask], signal, (message, end, wire) => {
    if (message.type === "progress") onProgress(message.progress.done);
    else if (message.type === "done") end();
    else if (message.type === "failed") throw toError(message);
    else if (message.type !== "classroom") void serve(message, wire);
  });
}

/** What the agent shows now. Throws `peer-failed`, AbortError. */
export async function readClassroom(
  door: { port: number; token: string },
  signal: AbortSignal,
): Promise<Classroom> {
  let shown: Classroom | undefined;
  await talk(door, [], signal, (message, end) => {
    if (message.type !== "classroom") return;
    shown = message;
    end();
  });
  if (shown === undefined) throw agentGone("showed nothing");
  return shown;
}

/** Hears an agent's messages until one of them ends it. */
async function talk(
  { port, token }: { port: number; token: string },
  asks: readonly Ask[],
  signal: AbortSignal,
  hear: Hear,
): Promise<void> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/page`, {
    handshakeTimeout: CONNECT_MS,
    maxPayload: MAX_MESSAGE_BYTES,
  });
  try {
    await once(socket, "open", { signal }).catch((error: unknown) => {
      throw signal.aborted ? error : agentGone("does not answer", error);
    });
    const hello: PageMessage = { type: "hello", protocol: 1, token };
    const ended = hearMessages(socket, hear, signal);
    for (const message of [hello, ...asks]) socket.send(JSON.stringify(message));
    await ended;
  } finally {
    socket.on("error", () => {});
    socket.terminate();
  }
}

/** `end` ends the talk. */
type Hear = (message: AgentMessage, end: () => void, wire: Wire) => void;

function hearMessages(socket: WebSocket, hear: Hear, signal: AbortSignal): Promise<void> {
  const wire = createWire(socket);
  return new Promise((resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    socket.on("error", (error) => reject(agentGone("broke off", error)));
    socket.on("close", () => reject(agentGone("ended before it was done")));
    socket.on("message", (data, isBinary) => {
      if (isBinary) return;
      try {
        hear(parseMessage(AgentMessageSchema, String(data)), resolve, wire);
      } catch (error) {
        reject(error);
      }
    });
  });
}

function toError(failed: { code: string; message: string; hint: string }): InfieldError {
  return new InfieldError(
    isErrorCode(failed.code) ? failed.code : "peer-failed",
    failed.message,
    failed.hint,
  );
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERROR_CODES, code);
}

/**
 * Signal 0 only asks (kill(2)). EPERM: it is there, and somebody else's; so not the agent of
 * whoever may read the token.
 */
function isOwnProcess(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

function agentGone(what: string, cause?: unknown): InfieldError {
  return new InfieldError(
    "peer-failed",
    `the agent of this root ${what}`,
    "see whether it still runs; if it does not, remove the root's agent.json",
    cause,
  );
}
