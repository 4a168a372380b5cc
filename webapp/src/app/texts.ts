/** What the frame of the page says. */
export const texts = {
  name: "Infield",
  views: { prepare: "Prepare", classroom: "Classroom" },
  navigation: "Views",
  loading: "Loading …",
  failed:
    "This part of the page could not be loaded. Reload the page; " +
    "if that does not help, restart Infield on this laptop.",
};
