/**
 * `npm run pack [-- FILE]`: the one folder that is copied to a laptop, as `infield-VERSION.tar.gz`
 * or FILE. It needs nothing there but Node: no npm, no checkout (docs/operating.md).
 */
import { execFileSync } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const { version } = JSON.parse(await readFile(join(here, "package.json"), "utf8"));
const file = resolve(process.argv[2] ?? `infield-${version}.tar.gz`);

const temporary = await mkdtemp(join(tmpdir(), "infield-pack-"));
try {
  const folder = join(temporary, "infield");
  await mkdir(folder);
  execFileSync(process.execPath, [join(here, "build.mjs"), join(folder, "dist")], {
    stdio: "inherit",
  });
  // package.json says that these are ES modules, and which version.
  for (const part of ["bin", "service", "package.json"])
    await cp(join(here, part), join(folder, part), { recursive: true });
  await cp(join(here, "../LICENSE"), join(folder, "LICENSE"));
  // All documents, as they link to each other, but no picture.
  await cp(join(here, "../docs"), join(folder, "docs"), {
    recursive: true,
    filter: (path) => !path.endsWith(".png"),
  });
  execFileSync("tar", ["-C", temporary, "-czf", file, "infield"], { stdio: "inherit" });
} finally {
  await rm(temporary, { recursive: true, force: true });
}
console.log(
  `${file}\n  on a laptop: tar -C /opt -xzf ${file} && ln -s /opt/infield/bin/infield.js /usr/local/bin/infield`,
);
