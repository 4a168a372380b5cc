/** What signing a release says. */
export const texts = {
  title: "Release",
  waiting: "First make the delta, and choose a channel whose key is in this browser.",
  becomes: (versions: readonly number[]) =>
    versions.length === 1
      ? `The new files become version ${versions[0]}.`
      : `This channel is new: the old files become version ${versions[0]}, a full install, ` +
        `and the new files become version ${versions[1]}.`,
  notes: "Notes for teachers",
  notesHint: "What is new, in a sentence or two.",
  urgent: "Urgent",
  urgentMeaning: "Wakes sleeping laptops. Only for security fixes that cannot wait.",
  full: "Also make a full install",
  fullMeaning: "Lets new laptops, which have no version yet, start with this one.",
  health: "Health check (optional)",
  healthMeaning: (seconds: number) =>
    "A program from the new files that each laptop runs after the update. If it fails or takes " +
    `longer than ${seconds} seconds, the laptop goes back to its old version.`,
  dataFormat: "Data format (optional)",
  dataFormatMeaning:
    "A whole number. Raise it by one if this version converts people’s work so that earlier " +
    "versions cannot read it: rolling back then has to be confirmed twice.",
  dataFormatWrong: (most: number) =>
    `Enter a whole number up to ${most.toLocaleString("en")}, or nothing.`,
  sign: "Sign the release",
  signing: "Signing the release",
  keeping: "Saving the old and new files, for laptops that come back much later",
  makingFull: (version: number) => `Making the full install of version ${version}`,
  done: (version: number) => `Version ${version} is signed and saved in this browser.`,
};
