/**
 * A connection as the transfer code sees it: messages in, messages out. WebSockets and tests' fake
 * networks both are one.
 */
import * as v from "valibot";
import { InfieldError } from "../../base/errors.ts";
import { MAX_MESSAGE_BYTES } from "../../base/limits.ts";

export interface Wire {
  /** Resolves when the transport has taken the frame, so that awaiting it is back-pressure. */
  send(frame: string | Uint8Array): Promise<void>;
  close(): void;
}

/** Parses a text frame against the messages that may come here. Throws `message-invalid`. */
export function parseMessage<T>(schema: v.GenericSchema<unknown, T>, frame: string): T {
  if (frame.length > MAX_MESSAGE_BYTES) throw invalid("is too long");
  let json: unknown;
  try {
    json = JSON.parse(frame);
  } catch {
    throw invalid("is not JSON");
  }
  const result = v.safeParse(schema, json);
  if (!result.success) throw invalid(`has a wrong ${v.getDotPath(result.issues[0]) ?? "type"}`);
  return result.output;
}

function invalid(reason: string): InfieldError {
  return new InfieldError(
    "message-invalid",
    `a message from the other side ${reason}`,
    "update Infield on both sides",
  );
}
