/** The tree without entries: the base of a full install. */
import { InfieldError } from "@infield/shared/base";
import { EMPTY_MANIFEST, type InputTree } from "@infield/shared/tree";

export const EMPTY_TREE: InputTree = {
  manifest: EMPTY_MANIFEST,
  report: { excluded: [], programs: [] },
  open: (path) => {
    throw new InfieldError(
      "internal",
      `no file ${path} in the empty tree`,
      "report this as a defect",
    );
  },
  close: async () => {},
};
