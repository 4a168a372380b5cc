/** What choosing a channel says. */
export const texts = {
  title: "Channel",
  intro:
    "A channel is a line of releases that laptops follow. Its releases are signed with its key.",
  select: "Channel to release on",
  pick: "Choose a channel …",
  fresh: "A new channel …",
  name: "Name of the new channel",
  namePlaceholder: "for example: Primary school laptops",
  start: "Start the channel",
  latest: (n: number) => (n === 0 ? "No release yet." : `Its newest release is version ${n}.`),
  id: "Channel id",
  keyHere: "Its key is kept in this browser.",
  keyWhy:
    "Save the key file and keep a copy in a safe place: without the key nobody can release on this channel again, and whoever has it can.",
  saveKey: "Save the key file",
  keyMissing:
    "Its key is not in this browser, so you can hand its releases out but not sign new ones.",
  useKey: "Use a key file",
  bringIn: "Bring in a repository",
  bringInWhy: "To go on with a channel from elsewhere, bring in its repository as a .zip.",
  importing: "Checking the repository",
  skipped: (n: number) =>
    n === 1
      ? "One release of the repository was left out: the channel does not allow it any more."
      : `${n.toLocaleString("en")} releases of the repository were left out: the channel does not allow them any more.`,
  nameless: (id: string) => `channel ${id.slice(0, 16)}…`,
  broken: (name: string) => `This browser keeps ${name} too, but cannot use it.`,
  delete: "Delete from this browser",
  deleteTitle: (name: string) => `Delete ${name} from this browser?`,
  deleteWithoutKey:
    "Its releases go from this browser; its key is not here. Laptops and exported zips keep what they have.",
  deleteSavedKey:
    "Its releases and its key go from this browser. The key was saved to a file: make sure that you still have it, as nobody can release on this channel without it.",
  deleteUnsavedKey:
    "Its releases and its key go from this browser. The key was never saved to a file: once it is deleted, nobody can release on this channel again.",
  deleteBroken:
    "Its releases go from this browser. To have it again, bring in a good copy of its repository.",
  deleteYes: "Delete the channel",
  deleteNo: "Keep it",
  keyFileName: (keyId: string) => `infield-${keyId}.key`,
};
