/**
 * What the documents promise, held against the code; and our signatures, held against somebody
 * else's verifier.
 */
import { execFileSync } from "node:child_process";
import { createPublicKey, verify } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { ERROR_CODES } from "@infield/shared/base";
import { describe, expect, it } from "vitest";
import vectors from "../../../shared/vectors/records.json" with { type: "json" };
import { runInfield } from "../harness/infield.ts";
import { brokenLinks, headingsOf, linksOf, wideLines } from "./markdown.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));
/** Not what npm or cargo brought. */
const DOCUMENTS = execFileSync(
  "git",
  ["ls-files", "--cached", "--others", "--exclude-standard", "*.md"],
  {
    cwd: root,
    encoding: "utf8",
  },
)
  .trim()
  .split("\n");
const read = (path: string) => readFileSync(`${root}${path}`, "utf8");

describe("the documents", () => {
  it("list every error with its meaning, and no other", () => {
    const rows = [...read("docs/errors.md").matchAll(/^\| `([a-z-]+)` \| (.+?) \| .+ \|$/gm)].map(
      (row) => [row[1], row[2]],
    );
    expect(Object.fromEntries(rows)).toEqual(ERROR_CODES);
    expect(rows).toHaveLength(Object.keys(ERROR_CODES).length);
  });

  it.each(DOCUMENTS)("%s links and names only what is there", (path) => {
    expect(brokenLinks(root, path)).toEqual([]);
    const named = [
      ...read(path).matchAll(/`((?:shared|wasm|webapp|agent|e2e|docs)\/[\w./-]+)`/g),
    ].map((name) => name[1] ?? "");
    expect(named.filter((name) => !existsSync(`${root}${name}`))).toEqual([]);
  });

  it.each(DOCUMENTS)("%s is wrapped at 100 columns", (path) => {
    expect(wideLines(read(path), 100)).toEqual([]);
  });

  it.each(DOCUMENTS)("%s, where it has many headings, begins with a list of them", (path) => {
    const [, ...headings] = headingsOf(read(path)).filter(({ level }) => level < 4);
    const [contents, ...listed] = headings;
    if (headings.length <= 8 || !path.startsWith("docs/")) return;
    expect(contents?.text).toBe("Contents");
    const links = linksOf(read(path)).filter((link) => link.startsWith("#"));
    expect(links.slice(0, listed.length)).toEqual(listed.map(({ anchor }) => `#${anchor}`));
  });

  it("show in delta-format.md the very bytes of the example's vector", () => {
    const example = /## An example: `(.+?)`[\s\S]*?```\n([\s\S]*?)```/.exec(
      read("docs/delta-format.md"),
    );
    const bytes = (example?.[2] ?? "")
      .split("\n")
      .map((line) => /^(?:(?:[0-9a-f]{2}|…)(?: |$))+/.exec(line)?.[0] ?? "")
      .join("")
      .replace(/ /g, "")
      .replace(/…/g, "[0-9a-f]+");
    const file = /^file: (.+)$/m.exec(read(example?.[1] ?? ""))?.[1];
    expect(file).toMatch(new RegExp(`^${bytes}$`));
  });

  it("name for each fsync the crash that it prevents, in the words of the code", () => {
    const folder = "agent/src/";
    const reasons = readdirSync(`${root}${folder}`, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts"))
      .map((name) => read(folder + name).replace(/\n\s*\/\/ (?!Prevents)/g, " "))
      .flatMap((code) => [...code.matchAll(/\/\/ Prevents: ([^.]+)\./g)])
      .map((reason) => reason[1] ?? "");
    expect(reasons.length).toBeGreaterThan(15);
    const told = read("docs/store.md").replace(/\s+/g, " ");
    expect(reasons.filter((reason) => !told.includes(reason))).toEqual([]);
  });

  it.each([
    ["event", "agent/src/laptop/events.ts", /event: "([a-z-]+)"/g],
    ["area", "agent/src/host/debug.ts", /^ {2}([a-z]+): "/gm],
  ])("list in debugging.md every %s that there is, and no other", (kind, path, names) => {
    const tables = read("docs/debugging.md").split(/\n\n+/);
    const table = tables.find((block) => block.startsWith(`| ${kind} | `)) ?? "";
    const listed = [...table.matchAll(/^\| (`.+?) \|/gm)].flatMap((row) => row[1]?.split(", "));
    const declared = [...read(path).matchAll(names)].map((name) => `\`${name[1]}\``);
    expect(listed.toSorted()).toEqual([...new Set(declared)].sort());
  });

  it("show only commands that exist", async () => {
    const shown = [
      ...read("README.md").matchAll(/npx infield ([a-z]+(?: create| apply| inspect)?)/g),
    ].map((command) => command[1] ?? "");
    expect(shown.length).toBeGreaterThan(3);
    for (const command of new Set(shown)) {
      expect((await runInfield([...command.split(" "), "--help"])).exitCode, command).toBe(0);
    }
  });
});

describe("signatures", () => {
  const key = createPublicKey({
    key: Buffer.concat([
      Buffer.from("302a300506032b6570032100", "hex"),
      Buffer.from(vectors.publicKey, "hex"),
    ]),
    format: "der",
    type: "spki",
  });

  it.each(vectors.envelopes)("of a $type are accepted by OpenSSL", ({ signed, signature }) => {
    expect(verify(null, Buffer.from(signed, "hex"), key, Buffer.from(signature, "base64"))).toBe(
      true,
    );
    expect(
      verify(null, Buffer.from(`${signed}00`, "hex"), key, Buffer.from(signature, "base64")),
    ).toBe(false);
  });
});
