/** JSON from outside becomes a value of the program here, and nowhere else. */
import * as v from "valibot";
import { InfieldError } from "../base/errors.ts";

/**
 * Parses JSON text against a schema. Throws `record-invalid` that names `what` and the first field
 * that is wrong.
 */
export function parseRecord<T>(schema: v.GenericSchema<unknown, T>, text: string, what: string): T {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw recordError(`${what} is not JSON`, cause);
  }
  const result = v.safeParse(schema, json);
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw recordError(`${what} has a wrong ${v.getDotPath(issue) ?? "shape"}`, issue.message);
}

function recordError(message: string, cause: unknown): InfieldError {
  return new InfieldError(
    "record-invalid",
    message,
    "get it again; if it stays, update Infield on this machine",
    cause,
  );
}

export const Hex32 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
/** A whole number between two bounds. */
export const Count = (min: number, max: number) =>
  v.pipe(v.number(), v.safeInteger(), v.minValue(min), v.maxValue(max));
