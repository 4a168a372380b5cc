import { describe, expect, it } from "vitest";
import { languageOf } from "./release-input.ts";

describe("the language of notes", () => {
  it.each([
    [{ LANG: "km_KH.UTF-8" }, "km"],
    [{ LANG: "ar" }, "ar"],
    [{ LANG: "en_US.UTF-8", LC_ALL: "pt_BR.UTF-8" }, "pt"],
    [{ LANG: "en_US.UTF-8", LC_MESSAGES: "fil_PH" }, "fil"],
    [{ LANG: "C.UTF-8" }, "en"],
    [{ LANG: "POSIX" }, "en"],
    [{}, "en"],
  ])("of %o is %s", (environment, language) => {
    expect(languageOf(environment)).toBe(language);
  });
});
