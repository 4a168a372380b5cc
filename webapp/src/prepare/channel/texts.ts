/** What choosing a channel says. */
export const texts = {
  title: "Channel",
  intro: "Laptops follow a channel: a series of releases, all signed with the channel’s key.",
  select: "Channel to release on",
  choose: "Choose a channel …",
  newChannel: "New channel …",
  name: "Name of the new channel",
  namePlaceholder: "for example, Primary school laptops",
  create: "Create the channel",
  latest: (n: number) => (n === 0 ? "No release yet." : `Its newest release is version ${n}.`),
  id: "Channel ID",
  keyHere: "Its key is in this browser.",
  keyWhy:
    "Save the key file and keep a copy in a safe place. " +
    "Without the key, nobody can ever release on this channel again; with it, anyone can.",
  saveKey: "Save the key file",
  keyMissing:
    "Its key is not in this browser. You can hand out its releases, but not sign new ones.",
  useKey: "Add the key file",
  importZip: "Import a zip",
  importWhy: "To continue a channel from another computer, import the zip exported there.",
  importing: "Checking the zip",
  skipped: (n: number) =>
    n === 1
      ? "One release in the zip was left out because the channel no longer allows it."
      : `${n.toLocaleString("en")} releases in the zip were left out ` +
        "because the channel no longer allows them.",
  named: (name: string) => `“${name}”`,
  nameless: (id: string) => `channel ${id.slice(0, 16)}…`,
  broken: (name: string) => `This browser also has ${name}, but cannot use it.`,
  delete: "Delete from this browser",
  deleteTitle: (name: string) => `Delete ${name} from this browser?`,
  deleteWithoutKey:
    "This deletes its releases; its key is not in this browser. " +
    "Laptops and exported zips keep what they have.",
  deleteSavedKey:
    "This deletes its releases and its key. The key was saved to a file. Make sure you still " +
    "have that file: without it, nobody can release on this channel again.",
  deleteUnsavedKey:
    "This deletes its releases and its key. The key was never saved to a file: once it is gone, " +
    "nobody can ever release on this channel again.",
  deleteBroken: "This deletes its releases. To get the channel back, import a good copy of it.",
  deleteYes: "Delete the channel",
  deleteNo: "Keep it",
  keyFileName: (keyId: string) => `infield-${keyId}.key`,
};
