/** What choosing the old and the new files says. */
import { formatBytes } from "@infield/shared/base";

export const texts = {
  old: "Old files",
  new: "New files",
  oldIntro: "The folder or archive that laptops have now.",
  newIntro: "The folder or archive that laptops should have.",
  drop: "Drag a folder or an archive here, or",
  chooseFolder: "Choose folder",
  chooseFile: "Choose file",
  formats: "Archives: .zip, or .tar (also as .gz, .xz, .zst or .bz2)",
  none: "No old files: full install",
  noneChosen: "No old files",
  noneMeaning: "This will be a full install, for laptops that have nothing yet.",
  looking: "Looking through the folder",
  unpack: "Unpacking",
  hash: "Reading",
  chosen: (files: number, bytes: number) =>
    `${files.toLocaleString("en")} ${files === 1 ? "file" : "files"}, ${formatBytes(bytes)}`,
  guessed:
    "A browser cannot see a folder’s permissions and links. Programs and scripts will be " +
    "executable; other files will not. A .tar keeps permissions and links exactly.",
  makeExecutable: (count: number) =>
    count === 1
      ? "Make the program in it executable. The archive does not say whether it is."
      : `Make the ${count.toLocaleString("en")} programs in it executable. ` +
        "The archive does not say which are.",
  programs: "Which programs",
  more: (count: number) => `and ${count.toLocaleString("en")} more`,
  keptOut: (count: number) =>
    count === 1 ? "1 path was kept out" : `${count.toLocaleString("en")} paths were kept out`,
  origins: { option: "", file: ".infieldignore", default: "by default" },
  keptOutWhy:
    "What is kept out by default belongs to one machine, or to a running system. A file " +
    ".infieldignore at the root of the tree can keep out more, or bring something back: " +
    "!/tmp/* on a line of its own.",
  leftOut: (name: string, count: number) =>
    `The attribute ${name} of ${count === 1 ? "1 path" : `${count.toLocaleString("en")} paths`} ` +
    "is not recorded here. The command line records SELinux labels (--selinux).",
  needsRoot: (needs: string) =>
    `Laptops need an agent that runs as the system (root, --system) for this: ${needs}.`,
  change: "Choose again",
};
