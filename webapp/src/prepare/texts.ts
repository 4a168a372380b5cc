/** What the Prepare view says around its steps. */
export const texts = {
  title: "Prepare an update",
  intro: "Everything happens in this browser. Nothing leaves this computer until you hand it out.",
};
