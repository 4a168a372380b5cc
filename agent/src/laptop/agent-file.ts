/** ROOT/agent.json: how a command on this root finds the agent that runs on it. */
import { rm, writeFile } from "node:fs/promises";
import { toIoError } from "../host/io-error.ts";
import { withBallast } from "../store/root/ballast.ts";
import { layoutOf } from "../store/root/layout.ts";

/** Writes it, readable by its owner only; what it gives removes it again. */
export async function writeAgentFile(
  root: string,
  ports: { port: number; peerPort: number },
): Promise<() => Promise<void>> {
  const path = layoutOf(root).agentFile;
  // A crash leaves an old one, perhaps with other rights: a new file has the ones asked for.
  await rm(path, { force: true });
  const content = `${JSON.stringify({ pid: process.pid, ...ports })}\n`;
  await withBallast(root, () =>
    writeFile(path, content, { mode: 0o600, flag: "wx" }).catch(async (error: unknown) => {
      await rm(path, { force: true });
      throw toIoError(error, `write ${JSON.stringify(path)}`);
    }),
  );
  return () => rm(path, { force: true });
}
