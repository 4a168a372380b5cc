/**
 * `npm run setup`: installs what the tests use and npm does not bring, as root on Debian; says what
 * to install elsewhere. Exit code 1 when tests would fail in the end. `npm test` installs nothing.
 */
import { installPackages, mayInstall, updatePackageLists } from "./debian.ts";
import { findMissing, NEEDED, type Needed } from "./programs.ts";

const before = findMissing();
if (before.length > 0 && mayInstall) {
  tryTo(updatePackageLists);
  for (const { program, packages } of before) {
    console.log(`installing ${packages.join(" ")}, for ${program} …`);
    tryTo(() => installPackages(packages));
  }
}
const missing = findMissing();
for (const { program, packages, for: use } of missing)
  console.error(`missing: ${program}, for ${use} (Debian: ${packages.join(" ")})`);
if (missing.length > 0 && !mayInstall) console.error(`on Debian: ${commandFor(missing)}`);
console.log(`${NEEDED.length - missing.length} of ${NEEDED.length} programs are here`);
process.exitCode = missing.some(({ required }) => required) ? 1 : 0;

function commandFor(missing: readonly Needed[]): string {
  const packages = new Set(missing.flatMap((needed) => needed.packages));
  return `sudo apt-get install ${[...packages].join(" ")}`;
}

/** apt-get says what went wrong; one package that cannot be had is no reason to lack the others. */
function tryTo(install: () => void): void {
  try {
    install();
  } catch {}
}
