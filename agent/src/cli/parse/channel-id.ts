/** `--channel ID`: what a volunteer told the person at the keyboard. */
import { InfieldError } from "@infield/shared/base";

/** Throws `usage` for what cannot be a channel's id. */
export function checkChannelId(id: string | undefined): string | undefined {
  if (id === undefined || /^[0-9a-f]{64}$/.test(id)) return id;
  throw new InfieldError(
    "usage",
    `--channel ${JSON.stringify(id)} is not a channel's id`,
    "give the 64 hex digits that `infield channel create` printed",
  );
}
