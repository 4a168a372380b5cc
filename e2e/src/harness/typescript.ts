/** Programs of our own in TypeScript, run as they are: nothing has to be built. */
import { fileURLToPath } from "node:url";

/** So that Node finds it from whatever folder. */
const TSX = import.meta.resolve("tsx");

/** The command line that runs the program at `file`; its arguments follow. */
export function commandOf(file: URL): [string, ...string[]] {
  return [process.execPath, "--import", TSX, fileURLToPath(file)];
}
