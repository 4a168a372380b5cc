/** What an input holds and no tree can: it has to be left out, or nothing is read. */
import { InfieldError } from "../../base/errors.ts";

export interface Misfit {
  readonly path: string;
  /** The end of a sentence that begins with the path: "is a FIFO". */
  readonly reason: string;
  readonly code: "unsupported-entry" | "path-invalid";
}

/** Misfits named in one message. */
const NAMED = 5;
const HINTS = {
  "unsupported-entry":
    "leave out of the input what is neither file, folder nor link, or exclude it",
  "path-invalid": "rename it or leave it out of the input, or exclude it",
};

/** Throws the error of all of them, if there are any: how many, and the first ones by name. */
export function refuseMisfits(misfits: readonly Misfit[]): void {
  const [first] = misfits;
  if (first === undefined) return;
  const named = misfits
    .slice(0, NAMED)
    .map(({ path, reason }) => `${JSON.stringify(path)} ${reason}`);
  const more = misfits.length - named.length;
  const list = named.join(", ") + (more > 0 ? `, and ${more.toLocaleString("en")} more` : "");
  const message =
    misfits.length === 1
      ? `${list}, which no tree can hold`
      : `${misfits.length.toLocaleString("en")} paths of the input cannot be in a tree: ${list}`;
  throw new InfieldError(first.code, message, HINTS[first.code]);
}
