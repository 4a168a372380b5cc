/** Before all tests: says which programs they miss, and how to get them. Installs nothing. */
import { findMissing } from "./programs.ts";

export default function reportMissing(): void {
  const missing = findMissing();
  if (missing.length === 0) return;
  const lines = missing.map(
    ({ program, for: use, required }) =>
      `${program} is missing: ${required ? "without it tests fail" : "tests are skipped"} (${use})`,
  );
  console.warn([...lines, "`npm run setup` installs what is missing, or says how"].join("\n"));
}
