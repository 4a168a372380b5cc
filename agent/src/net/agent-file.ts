/** ROOT/agent.json: how a command on this root finds the agent that runs on it. */
import { rm, writeFile } from "node:fs/promises";
import { layoutOf } from "../store/layout.ts";

/** Writes it, readable by its owner only; what it gives removes it again. */
export async function writeAgentFile(
  root: string,
  ports: { port: number; peerPort: number },
): Promise<() => Promise<void>> {
  const path = layoutOf(root).agentFile;
  // A crash leaves an old one, perhaps with other rights: a new file has the ones asked for.
  await rm(path, { force: true });
  await writeFile(path, `${JSON.stringify({ pid: process.pid, ...ports })}\n`, { mode: 0o600, flag: "wx" });
  return () => rm(path, { force: true });
}
