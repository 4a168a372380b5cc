/** Zips made by Python's zipfile, which lets a test say everything. */
import { execFileSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import {
  bytesSource,
  chunksOf,
  makeExecutable,
  openArchive,
  type Spool,
} from "@infield/shared/tree";
import { afterAll, describe, expect, it } from "vitest";
import { createSha256 } from "../host/sha256.ts";
import { at, codeOf, has, pathsOf, python, read, work } from "./archive-samples.ts";

afterAll(() => rmSync(work, { recursive: true, force: true }));

describe.skipIf(!has("python3", "-c", "import zipfile"))(
  "a zip (when python3 is installed)",
  () => {
    const zip = (name: string, body: string) =>
      python(`import zipfile, struct
z = zipfile.ZipFile("${name}", "w", zipfile.ZIP_DEFLATED)
def add(name, data=b"", mode=0, system=3):
    i = zipfile.ZipInfo(name); i.external_attr = mode << 16 | 0x20; i.create_system = system
    i.compress_type = zipfile.ZIP_DEFLATED; z.writestr(i, data)
${body}
z.close()`);

    it("made where there are no modes has 0644 and 0755", async () => {
      zip(
        "dos.zip",
        'add("d/", b"", 0o40700, 0); add("d/f", b"x", 0o100700, 0); add("g", b"y", 0)',
      );
      expect((await read(at("dos.zip"))).manifest.entries).toMatchObject([
        { path: "d", mode: 0o755 },
        { path: "d/f", mode: 0o644 },
        { path: "g", mode: 0o644 },
      ]);
    });

    it("made on Windows may have backslashes between the parts of names", async () => {
      zip("back.zip", 'add("d\\\\e\\\\", b"", 0, 0); add("d\\\\e\\\\f", b"x", 0, 10)');
      expect((await read(at("back.zip"))).manifest.entries).toMatchObject([
        { kind: "dir", path: "d" },
        { kind: "dir", path: "d/e" },
        { kind: "file", path: "d/e/f" },
      ]);
      zip("unix.zip", 'add("a\\\\b", b"x", 0o100644)');
      expect(await pathsOf(at("unix.zip"))).toEqual(["a\\b"]);
    });

    it("made where there are no modes tells its programs, which may get 0755", async () => {
      zip("programs.zip", 'add("run", b"#!/bin/sh", 0, 0); add("elf", b"\\x7fELF", 0, 0)');
      const tree = await read(at("programs.zip"));
      expect(tree.report.programs).toEqual(["elf", "run"]);
      expect(tree.manifest.entries).toMatchObject([{ mode: 0o644 }, { mode: 0o644 }]);
      expect(makeExecutable(tree).manifest.entries).toMatchObject([
        { mode: 0o755 },
        { mode: 0o755 },
      ]);
      zip("modes.zip", 'add("run", b"#!/bin/sh", 0o100644)');
      expect((await read(at("modes.zip"))).report.programs).toEqual([]);
    });

    it("keeps modes and symbolic links made on unix", async () => {
      zip(
        "unix.zip",
        'add("su", b"x", 0o104755); add("l", b"/a b", 0o120777); add("مرحبا", b"", 0o100600)',
      );
      expect((await read(at("unix.zip"))).manifest.entries).toMatchObject([
        { kind: "link", path: "l", target: "/a b" },
        { path: "su", mode: 0o4755 },
        { path: "مرحبا", mode: 0o600, size: 0 },
      ]);
    });

    it("may be Zip64, stored or deflated", async () => {
      python(`import zipfile
z = zipfile.ZipFile("64.zip", "w")
with z.open("big", "w", force_zip64=True) as f: f.write(b"12345" * 100000)
z.writestr("stored", b"abc"); z.close()`);
      expect((await read(at("64.zip"))).manifest.entries).toMatchObject([
        { size: 500_000 },
        { size: 3 },
      ]);
    });

    it.each([
      ["path-invalid", "climbs out", 'add("../x", b"x")'],
      ["unsupported-entry", "holds a device", 'add("null", b"", 0o20666)'],
      ["path-invalid", "has a file under a link", 'add("a", b"/tmp", 0o120777); add("a/b", b"x")'],
      ["limit-exceeded", "has a link target of 5 kB", 'add("a", b"x" * 5000, 0o120777)'],
    ])("is refused with %s when it %s", async (code, _, body) => {
      zip("bad.zip", body);
      expect(await codeOf(at("bad.zip"))).toBe(code);
    });

    it("whose file inflates to more than it states is refused", async () => {
      zip("bomb.zip", 'add("zeros", bytes(10_000_000))');
      const bytes = readFileSync(at("bomb.zip"));
      const directory = bytes.indexOf("PK\x01\x02", 0, "latin1");
      bytes.writeUInt32LE(1000, directory + 24);
      writeFileSync(at("bomb.zip"), bytes);
      expect(await codeOf(at("bomb.zip"))).toBe("archive-damaged");
      let spooled = 0;
      const spool: Spool = async (stream) => {
        for await (const chunk of chunksOf(stream)) spooled += chunk.length;
        return expect.fail("the stream ended as if all were well");
      };
      const opened = openArchive(bytesSource(bytes), "bomb.zip", spool, {
        owners: false,
        createSha256,
        openUnpacker: () => expect.fail("no such format"),
      });
      await expect(opened).rejects.toMatchObject({ code: "archive-damaged" });
      expect(spooled).toBeLessThanOrEqual(1000);
    });

    it("whose bytes do not have the stated checksum is refused", async () => {
      python(
        'import zipfile; z = zipfile.ZipFile("crc.zip", "w"); z.writestr("a", b"stored bytes"); z.close()',
      );
      const bytes = readFileSync(at("crc.zip"));
      bytes.write("S", bytes.indexOf("stored bytes"));
      writeFileSync(at("crc.zip"), bytes);
      await expect(read(at("crc.zip"))).rejects.toThrow(/checksum/);
    });

    it("whose records share their bytes is refused", async () => {
      python(`import zipfile
z = zipfile.ZipFile("overlap.zip", "w"); z.writestr("a", b"abc")
import copy
i = copy.copy(z.filelist[0]); i.filename = "b"; z.filelist.append(i); z.NameToInfo["b"] = i; z._didModify = True
z.close()`);
      await expect(read(at("overlap.zip"))).rejects.toThrow(/overlap/);
    });

    it.skipIf(!has("zip", "-v"))(
      "that is encrypted is refused with the way out (when zip is installed)",
      async () => {
        writeFileSync(at("plain"), "text");
        execFileSync("zip", ["-q", "-P", "secret", "locked.zip", "plain"], { cwd: work });
        await expect(read(at("locked.zip"))).rejects.toMatchObject({
          code: "not-a-tree",
          hint: /password/,
        });
      },
    );
  },
);
