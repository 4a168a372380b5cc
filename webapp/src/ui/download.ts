/** Gives a Blob to the person as a file. */

/** Milliseconds until the address is taken back: the browser has begun to read by then. */
const KEEP_MS = 60_000;

export function download(blob: Blob, fileName: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = fileName;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), KEEP_MS);
}
