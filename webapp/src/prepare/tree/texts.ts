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
  formats: "Archives: .tar, .tar.gz or .zip",
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
  change: "Choose again",
};
