/**
 * Hands a channel to this laptop's agent: every release is offered, oldest first, and the agent
 * fetches the pieces it lacks from here. So an interrupted hand-over continues where it stopped,
 * and a repeated one ends at once.
 */
import { InfieldError, type Progress, trackProgress } from "@infield/shared/base";
import { CHANNEL_FILE, type RepositoryReader, releasePath } from "@infield/shared/records";
import { createServer } from "@infield/shared/transfer";
import type { StoredChannel } from "../storage/channels.ts";
import type { AgentLink } from "./link.ts";

/**
 * Resolves when the agent has stored everything. Throws what the agent answers, `peer-failed`,
 * AbortError.
 */
export async function handOver(
  signal: AbortSignal,
  link: AgentLink,
  { repository, releases }: Pick<StoredChannel, "repository" | "releases">,
  onProgress: (progress: Progress) => void,
): Promise<void> {
  const serve = createServer(repository);
  const channel = await readText(repository, CHANNEL_FILE);
  const sizes = releases.map(({ record }) =>
    record.blobs.reduce((bytes, blob) => bytes + blob.bytes, 0),
  );
  const track = trackProgress(
    sizes.reduce((total, bytes) => total + bytes, 0),
    () => performance.now(),
  );
  let before = 0;
  for (const [index, { record }] of releases.entries()) {
    const release = await readText(repository, releasePath(record.version));
    await link.ask(
      { type: "offer", channel, release },
      { signal, serve, onProgress: ({ done }) => onProgress(track(before + done)) },
    );
    before += sizes[index] ?? 0;
    onProgress(track(before));
  }
}

async function readText(repository: RepositoryReader, path: string): Promise<string> {
  const source = await repository.open(path);
  if (source === undefined) {
    throw new InfieldError(
      "repository-damaged",
      `${path} is no longer in this browser`,
      "import its zip again",
    );
  }
  return new TextDecoder().decode(await source.read(0, source.size));
}
