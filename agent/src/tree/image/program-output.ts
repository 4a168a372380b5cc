/** What a program writes, as a stream. */
import { spawn } from "node:child_process";
import { InfieldError } from "@infield/shared/base";
import { errorCode } from "../../host/file-source.ts";

/** Characters of a program's complaint that are kept: its first lines. */
const COMPLAINT_CHARS = 2000;

/**
 * The output of a program, which is ended when nobody wants more of it. Throws `missing` where it
 * is not installed, and `not-a-tree` with what it said where it fails; AbortError.
 */
export async function* outputOf(
  program: string,
  args: readonly string[],
  missing: InfieldError,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  const child = spawn(program, args, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, LC_ALL: "C" },
    ...(signal && { signal }),
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once("error", (error) => reject(errorCode(error) === "ENOENT" ? missing : error));
    child.once("close", resolve);
  });
  // Awaited below; until then nobody else would hear of a failure.
  ended.catch(() => {});
  let complaint = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    complaint = (complaint + text).slice(0, COMPLAINT_CHARS);
  });
  try {
    for await (const chunk of child.stdout) yield chunk;
    if ((await ended) !== 0) throw failed(complaint);
  } finally {
    child.kill();
  }
}

function failed(complaint: string): InfieldError {
  const [reason = "it failed"] = complaint.trim().split("\n");
  return new InfieldError(
    "not-a-tree",
    `the image cannot be read: ${JSON.stringify(reason)}`,
    "check that it is a whole image of a filesystem, unmounted cleanly (`e2fsck -f`)",
  );
}
