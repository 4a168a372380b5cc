/** What the frame of the page says. */
export const texts = {
  name: "Infield",
  views: { prepare: "Prepare", classroom: "Classroom" },
  navigation: "Views",
  loading: "One moment …",
  failed:
    "This part of the page could not be loaded. Reload the page; if it stays, start the agent again.",
};
