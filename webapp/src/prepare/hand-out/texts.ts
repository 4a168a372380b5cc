/** What handing out says. */
export const texts = {
  title: "Hand out",
  waiting: "A channel with a release is needed first.",
  intro: (name: string, version: number) => `“${name}” up to version ${version}.`,
  export: "Export as zip",
  exportWhy: "For a stick or another laptop: infield install reads it.",
  exporting: "Packing the zip",
  hand: "Hand to this laptop",
  handWhy:
    "This laptop’s agent keeps it. The other laptops hear of it when the teacher opens Classroom and presses “Update the classroom”.",
  handing: "Handing over",
  handed: (version: number) =>
    `This laptop’s agent has version ${version}; the classroom has not heard of it yet. Open Classroom and press “Update the classroom” to spread it.`,
  noAgent:
    "This page was not opened by an agent, so it cannot hand anything to this laptop. Export the zip instead, or open the address that infield agent prints, or ask whoever set up this laptop.",
  lost: "The agent of this laptop is not connected at the moment.",
  fileName: (channel: string, version: number) =>
    `${channel.replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-|-$/g, "") || "channel"}-${version}.zip`,
};
