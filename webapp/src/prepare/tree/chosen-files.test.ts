import { expect, test } from "vitest";
import { folderOf } from "./chosen-files.ts";

test("the chosen folder's own name is not part of the paths", () => {
  const files = ["tree/a", "tree/b/tree/c"].map((webkitRelativePath) =>
    Object.defineProperty(new File([""], "f"), "webkitRelativePath", { value: webkitRelativePath }),
  );
  const { name, files: found } = folderOf(files);
  expect(name).toBe("tree");
  expect(found.map(({ path }) => path)).toEqual(["a", "b/tree/c"]);
});
