/** What signing a release says. */
export const texts = {
  title: "Release",
  waiting: "Make the delta and choose a channel first.",
  becomes: (versions: readonly number[]) =>
    versions.length === 1
      ? `The new tree becomes version ${versions[0]}.`
      : `The channel is new: the old tree becomes version ${versions[0]}, as a full install, and the new tree becomes version ${versions[1]}.`,
  notes: "Notes for teachers",
  notesHint: "What is new, in a sentence or two.",
  urgent: "Urgent",
  urgentMeaning: "Sleeping laptops are woken for it. Only for security fixes that cannot wait.",
  full: "Make a full install too",
  fullMeaning: "So that new laptops, which have no version yet, can begin with this one.",
  health: "Health check (optional)",
  healthMeaning: (seconds: number) =>
    `A program of the new tree that a laptop runs after the update; if it fails or takes over ${seconds} seconds, the laptop goes back to its old version.`,
  dataFormat: "Data format (optional)",
  dataFormatMeaning:
    "A whole number, one higher than before if the programs of this version convert what people made so that earlier ones cannot read it. Laptops go back over such a change only after a second yes.",
  dataFormatWrong: (most: number) =>
    `Give a whole number up to ${most.toLocaleString("en")}, or nothing.`,
  sign: "Sign the release",
  signing: "Signing the release",
  keeping: "Keeping both trees, for laptops that come back much later",
  makingFull: (version: number) => `Making the full install of version ${version}`,
  done: (version: number) => `Version ${version} is signed and kept in this browser.`,
};
