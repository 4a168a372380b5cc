/** What making the delta says. */
import { formatBytes } from "@infield/shared/base";

export const texts = {
  title: "Delta",
  intro:
    "Laptops fetch only what changed. " +
    "Making the delta takes a while and keeps this computer busy.",
  introFull:
    "Laptops fetch everything, compressed. " +
    "Making the delta takes a while and keeps this computer busy.",
  waiting: "Choose the old and the new files first.",
  same: "The old and the new files are the same, so there is nothing to make.",
  make: "Make the delta",
  making: "Making the delta",
  again: "Choose another size",
  size: (bytes: number, insteadOf: number) =>
    `${formatBytes(bytes)} instead of ${formatBytes(insteadOf)}`,
  level: {
    title: "Delta size",
    names: { fast: "Fast", default: "Default", best: "Best" },
    meaning: (description: string, decoderBytes: number) =>
      `${description.charAt(0).toUpperCase()}${description.slice(1)}. ` +
      `Laptops need up to ${formatBytes(decoderBytes)} of free memory to install it.`,
  },
};
