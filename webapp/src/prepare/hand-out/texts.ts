/** What handing out says. */
export const texts = {
  title: "Hand out",
  waiting: "Choose a channel that has a release first.",
  intro: (name: string, version: number) => `“${name}”, up to version ${version}.`,
  export: "Export as zip",
  exportWhy: "For a USB stick, another laptop or a website.",
  exporting: "Packing the zip",
  hand: "Hand to this laptop",
  handWhy:
    "This laptop keeps it. Other laptops get it when the teacher opens Classroom and presses " +
    "“Update the classroom”.",
  handing: "Handing over",
  handed: (version: number) =>
    `Version ${version} is now on this laptop; the others have not heard of it yet. ` +
    "To update them, open Classroom and press “Update the classroom”.",
  noAgent:
    "This page was not opened from Infield on this laptop, so it cannot hand anything over. " +
    "Open the address that `infield agent` prints, or ask whoever set up this laptop. " +
    "You can also export a zip.",
  lost: "Infield on this laptop is not answering right now.",
  fileName: (channel: string, version: number) =>
    `${channel.replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-|-$/g, "") || "channel"}-${version}.zip`,
};
