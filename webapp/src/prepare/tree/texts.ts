/** What choosing the trees says. */
import { formatBytes } from "@infield/shared/base";

const count = (n: number, one: string, many: string) =>
  `${n.toLocaleString("en")} ${n === 1 ? one : many}`;

export const texts = {
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
};
