/**
 * Errors on their way out of a worker. comlink keeps only name, message and stack, so the code and
 * the hint that a person can act on would be lost. Both sides import this file; it replaces
 * comlink's own `throw` handler.
 */
import { InfieldError } from "@infield/shared/base";
import { type TransferHandler, transferHandlers } from "comlink";

/** An error as it is sent: all of an InfieldError, the name and message of any other. */
export type SerializedError =
  | Pick<InfieldError, "code" | "message" | "hint">
  | { name: string; message: string };

/** What comlink passes to its `throw` handler: the thrown value in a wrapper of its own. */
interface Thrown {
  readonly value: unknown;
}

export function serializeError(error: unknown): SerializedError {
  if (error instanceof InfieldError) {
    const { code, message, hint } = error;
    return { code, message, hint };
  }
  if (error instanceof Error) return { name: error.name, message: error.message };
  return { name: "Error", message: String(error) };
}

export function deserializeError(carried: SerializedError): Error {
  if ("code" in carried) return new InfieldError(carried.code, carried.message, carried.hint);
  return Object.assign(new Error(carried.message), { name: carried.name });
}

const comlinkHandler = transferHandlers.get("throw");
const carryingHandler: TransferHandler<Thrown, SerializedError> = {
  canHandle: (value): value is Thrown => comlinkHandler?.canHandle(value) ?? false,
  serialize: ({ value }) => [serializeError(value), []],
  deserialize: (carried) => {
    throw deserializeError(carried);
  },
};
transferHandlers.set("throw", carryingHandler);
