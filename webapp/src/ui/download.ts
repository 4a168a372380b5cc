/** Offers a Blob as a download. */

/** Milliseconds until the URL is revoked: by then the browser has begun to read. */
const KEEP_MS = 60_000;

export function download(blob: Blob, fileName: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = fileName;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), KEEP_MS);
}
