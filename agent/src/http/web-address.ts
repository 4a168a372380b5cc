/** The address of a repository on a web server, as a person gives it. */
import { InfieldError } from "@infield/shared/base";

/** True for what is meant as one; everything else names a folder or a .zip of this machine. */
export function isWebAddress(text: string): boolean {
  return /^https?:\/\//i.test(text);
}

/** The folder that holds `channel.json`, as a URL that ends in a slash. Throws `usage`. */
export function parseWebAddress(text: string): URL {
  const url = isWebAddress(text) && URL.canParse(text) ? new URL(text) : undefined;
  // A password would end up in the log, and what stands behind ? or # belongs to one file.
  if (url === undefined || url.username || url.password || url.search || url.hash) {
    throw new InfieldError(
      "usage",
      `${JSON.stringify(text)} is not the address of a repository`,
      "give the folder that holds channel.json, as https://example.org/class/, without password, ? or #",
    );
  }
  if (!url.pathname.endsWith("/")) url.pathname += "/";
  return url;
}
