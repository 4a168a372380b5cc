/** Names in a manifest: control characters and `%` are percent-escaped, so a line stays a line. */

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is escaped
const ESCAPED = /[\u0000-\u001f\u007f%]/g;

export function escapeName(name: string): string {
  return name.replace(
    ESCAPED,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`,
  );
}

/** Where a space would be ambiguous it is escaped too. */
export function escapeWord(name: string): string {
  return escapeName(name).replaceAll(" ", "%20");
}

/** Undefined for what `escapeName` could not have written. */
export function unescapeName(text: string): string | undefined {
  if (/%(?![0-9A-F]{2})/.test(text)) return undefined;
  return text.replace(/%([0-9A-F]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}
