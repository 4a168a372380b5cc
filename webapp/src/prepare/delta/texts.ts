/** What making the delta says. */
import { formatBytes } from "@infield/shared/base";

export const texts = {
  title: "Delta",
  intro:
    "Only what differs travels to the laptops. Making it takes a while and all processors of this computer.",
  introFull:
    "Everything travels, compressed. Making it takes a while and all processors of this computer.",
  waiting: "Choose both trees first.",
  same: "The two trees are the same, so there is nothing to make.",
  make: "Make the delta",
  making: "Making the delta",
  again: "Make it again, at another level",
  size: (bytes: number, insteadOf: number) =>
    `${formatBytes(bytes)} instead of ${formatBytes(insteadOf)}`,
  level: {
    title: "How small shall it be?",
    names: { fast: "Fast", default: "Default", best: "Best" },
    meaning: (words: string, decoderBytes: number) =>
      `${words.charAt(0).toUpperCase()}${words.slice(1)}. Laptops need up to ${formatBytes(decoderBytes)} of free memory to install it.`,
  },
};
