/** Archives that break off, that were altered, that nobody waits for any more. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { openArchive } from "@infield/shared/tree";
import { afterAll, describe, expect, it, vi } from "vitest";
import { at, codeOf, END, member, pax, python, work } from "./archive-samples.ts";
import { openTree } from "./open-tree.ts";

afterAll(() => rmSync(work, { recursive: true, force: true }));

describe("a damaged archive is an InfieldError, never half a tree", () => {
  const small = () =>
    Buffer.concat([member("a", "0", "one"), pax("path=b"), member("x", "0", "two"), END]);
  const cases: [string, () => Buffer][] = [
    ["tar", small],
    ["tar.gz", () => gzipSync(small())],
    [
      "zip",
      () => {
        python(
          'import zipfile; z = zipfile.ZipFile("s.zip", "w", 8); z.writestr("a", b"one" * 9); z.close()',
        );
        return readFileSync(at("s.zip"));
      },
    ],
  ];
  const lengthsOf = (bytes: Buffer, step: number) =>
    Array.from({ length: Math.ceil(bytes.length / step) }, (_, i) => i * step);

  it.each(cases)("cut off anywhere (%s)", async (name, make) => {
    const bytes = make();
    for (const length of lengthsOf(bytes, name === "tar" ? 7 : 1)) {
      writeFileSync(at("cut"), bytes.subarray(0, length));
      expect(await codeOf(at("cut")), `${length} bytes`).toMatch(/^(archive-damaged|not-a-tree)$/);
    }
  });

  it.each(cases)(
    "with any byte of it flipped it is another tree or none (%s)",
    async (name, make) => {
      const bytes = make();
      for (const position of lengthsOf(bytes, name === "tar" ? 5 : 1)) {
        const flipped = Buffer.from(bytes);
        flipped[position] = (bytes[position] ?? 0) ^ 0xff;
        writeFileSync(at("flip"), flipped);
        expect(await codeOf(at("flip")), `byte ${position}`).toMatch(/^[a-z-]+$|^no error$/);
      }
    },
  );

  it("and leaves no temporary file", async () => {
    vi.stubEnv("TMPDIR", at("temporary"));
    mkdirSync(at("temporary"));
    writeFileSync(at("cut"), gzipSync(small()).subarray(0, 90));
    expect(await codeOf(at("cut"))).toBe("archive-damaged");
    expect(readdirSync(at("temporary"))).toEqual([]);
    vi.unstubAllEnvs();
  });

  it("and a spool that fails is not called damage of the archive", async () => {
    const failure = new Error("disk on fire");
    const bytes = gzipSync(small());
    const source = {
      size: bytes.length,
      read: async (o: number, n: number) => bytes.subarray(o, o + n),
    };
    const opened = openArchive(source, "x", () => Promise.reject(failure), {
      owners: false,
      createSha256: () => expect.fail("nothing is hashed"),
      openUnpacker: () => expect.fail("gzip needs no codec"),
    });
    await expect(opened).rejects.toBe(failure);
  });

  it("and a cancelled one throws the AbortError", async () => {
    writeFileSync(at("big.gz"), gzipSync(Buffer.alloc(8_000_000)));
    const controller = new AbortController();
    const opened = openTree(at("big.gz"), {
      owners: false,
      signal: controller.signal,
      onProgress: ({ doneBytes }) => doneBytes > 0 && controller.abort(),
    });
    await expect(opened).rejects.toMatchObject({ name: "AbortError" });
  });
});
