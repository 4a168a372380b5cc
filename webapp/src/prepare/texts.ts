/** What the Prepare view says around its steps. */
export const texts = {
  title: "Prepare an update",
  intro:
    "Everything happens inside this browser: no file leaves this computer until you hand the release out yourself.",
};
