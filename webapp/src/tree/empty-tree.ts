/** The tree without entries: the base of a full install. */
import { InfieldError } from "@infield/shared/base";
import { EMPTY_MANIFEST, type SourceTree } from "@infield/shared/tree";

export const EMPTY_TREE: SourceTree = {
  manifest: EMPTY_MANIFEST,
  open: (path) => {
    throw new InfieldError(
      "internal",
      `no file ${path} in the empty tree`,
      "report this as a defect",
    );
  },
  close: async () => {},
};
