/** Everything the Prepare view says. */
import { formatBytes } from "@infield/shared/base";

const count = (n: number, one: string, many: string) =>
  `${n.toLocaleString("en")} ${n === 1 ? one : many}`;

export const texts = {
  title: "Prepare an update",
  intro:
    "Everything happens inside this browser: no file leaves this computer until you hand the release out yourself.",
  step: (n: number) => `Step ${n}`,
  count,
  tree: {
    old: "Old tree",
    new: "New tree",
    oldIntro: "The folder or archive that the laptops have now.",
    newIntro: "The folder or archive that the laptops shall have.",
    drop: "Drag a folder or an archive here, or",
    chooseFolder: "Choose folder",
    chooseFile: "Choose file",
    formats: "Archives: .tar, .tar.gz or .zip",
    none: "No old tree: full install",
    noneChosen: "No old tree",
    noneMeaning: "The release will be a full install, for laptops that have nothing yet.",
    looking: "Looking into the folder",
    unpack: "Unpacking",
    hash: "Reading",
    chosen: (files: number, bytes: number) =>
      `${count(files, "file", "files")}, ${formatBytes(bytes)}`,
    guessed:
      "A browser does not see modes and links of a folder: programs and scripts become executable, everything else does not; a .tar keeps modes and links exactly.",
    change: "Choose another",
  },
  changes: {
    title: "What changed",
    list: "List of changes",
    waiting: "Choose both trees first.",
    same: "The two trees are the same. Choose the changed tree as the new one.",
    kinds: {
      added: "added",
      changed: "changed",
      moved: "moved",
      removed: "removed",
      unchanged: "unchanged",
    },
    filter: "Filter by name",
    kind: "Show",
    all: "all changes",
    columns: { kind: "Change", path: "Path", bytes: "Size" },
    from: (path: string) => `from ${path}`,
    more: (n: number) => `and ${n.toLocaleString("en")} more; type a part of a name to find one`,
    nothing: "Nothing matches.",
  },
  delta: {
    title: "Delta",
    intro:
      "Only what differs travels to the laptops. Making it takes a while and all processors of this computer.",
    introFull:
      "Everything travels, compressed. Making it takes a while and all processors of this computer.",
    waiting: "Choose both trees first.",
    same: "The two trees are the same, so there is nothing to make.",
    make: "Make the delta",
    making: "Making the delta",
    again: "Make it again, at another level",
    size: (bytes: number, insteadOf: number) =>
      `${formatBytes(bytes)} instead of ${formatBytes(insteadOf)}`,
  },
  level: {
    title: "How small shall it be?",
    names: { fast: "Fast", default: "Default", best: "Best" },
    meaning: (words: string, decoderBytes: number) =>
      `${words.charAt(0).toUpperCase()}${words.slice(1)}. Laptops need up to ${formatBytes(decoderBytes)} of free memory to install it.`,
  },
  channel: {
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
  },
  release: {
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
  },
  handOut: {
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
    keyFileName: (keyId: string) => `infield-${keyId}.key`,
  },
};
