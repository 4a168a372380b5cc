import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, expect, it } from "vitest";
import { removeTempFolders, tempFolder } from "../../harness/temp.ts";
import { zipFolder } from "../../trees/zip-folder.ts";
import { unpackTree } from "./unpack.ts";

afterAll(removeTempFolders);

it("puts what gzip and zip files hold in their place, and leaves everything else as it is", async () => {
  const folder = tempFolder("unpack");
  const [from, to, inner] = [join(folder, "from"), join(folder, "to"), join(folder, "inner")];
  for (const made of [from, inner]) mkdirSync(made);
  writeFileSync(join(inner, "a"), "a member");
  writeFileSync(join(from, "page.gz"), gzipSync("a page of the manual"));
  await zipFolder(inner, join(from, "activity.xo"));
  writeFileSync(join(from, "plain"), "plain text");
  writeFileSync(join(from, "broken.gz"), gzipSync("cut off").subarray(0, 15));
  symlinkSync("page.gz", join(from, "link"));

  expect(await unpackTree(from, to)).toBe(2);
  expect(readFileSync(join(to, "page.gz"), "utf8")).toBe("a page of the manual");
  expect(readdirSync(join(to, "activity.xo.members"))).toEqual(["000000"]);
  expect(readFileSync(join(to, "activity.xo.members/000000"), "utf8")).toBe("a member");
  expect(readFileSync(join(to, "plain"), "utf8")).toBe("plain text");
  expect(readFileSync(join(to, "broken.gz"))).toEqual(readFileSync(join(from, "broken.gz")));
  expect(readlinkSync(join(to, "link"))).toBe("page.gz");
  expect(existsSync(join(from, "activity.xo.members"))).toBe(false);
});
