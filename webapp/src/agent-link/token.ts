/**
 * The page token: what follows the `#` in the address that the agent prints. Whoever presents it to
 * the agent may update the classroom, so it leaves the address bar (and with it the history and any
 * screenshot) as soon as it has been read.
 */

const KEY = "infield-token";
const TOKEN = /^#([0-9a-f]{32})$/;

/**
 * Moves a token from the address to this origin's storage. A later address replaces an earlier
 * token.
 */
export function takeToken(
  location: Pick<Location, "hash" | "pathname" | "search">,
  history: Pick<History, "replaceState">,
  storage: Pick<Storage, "setItem">,
): void {
  const token = TOKEN.exec(location.hash)?.[1];
  if (token === undefined) return;
  storage.setItem(KEY, token);
  history.replaceState(null, "", location.pathname + location.search);
}

/** This origin's token, or undefined when the page was never opened from an agent's address. */
export function readToken(storage: Pick<Storage, "getItem">): string | undefined {
  return storage.getItem(KEY) ?? undefined;
}
