import { utf8 } from "@infield/shared/base";
import { expect, test } from "vitest";
import { guessMode } from "./modes.ts";

test("programs and scripts become executable, everything else readable", () => {
  expect(guessMode(Uint8Array.of(0x7f, 0x45, 0x4c, 0x46))).toBe(0o755);
  expect(guessMode(utf8("#!/b"))).toBe(0o755);
  expect(guessMode(utf8("#"))).toBe(0o644);
  expect(guessMode(utf8("# he"))).toBe(0o644);
  expect(guessMode(Uint8Array.of(0x7f, 0x45, 0x4c))).toBe(0o644);
  expect(guessMode(new Uint8Array())).toBe(0o644);
});
