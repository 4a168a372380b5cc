/**
 * The page token: what the agent's printed address carries behind the `#`. Whoever shows it to the
 * agent may update the classroom, so it leaves the address bar (and with it the history and every
 * screenshot) as soon as it was read.
 */

const KEY = "infield-token";
const TOKEN = /^#([0-9a-f]{32})$/;

/**
 * Moves a token from the address to the storage of this origin. A later address replaces an earlier
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

/** The token of this origin, or undefined when the page was never opened by an agent's address. */
export function readToken(storage: Pick<Storage, "getItem">): string | undefined {
  return storage.getItem(KEY) ?? undefined;
}
