/** Where the built page lies: beside the bundle (build.mjs puts it there). */
import { fileURLToPath } from "node:url";

export const PAGE_FOLDER = fileURLToPath(new URL("./page/", import.meta.url));
