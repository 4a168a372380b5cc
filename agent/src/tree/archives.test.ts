/** Archives made by the real tar, zip and Python's zipfile, each compared with the folder it was made from. */
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { InfieldError, openArchive, type SourceTree, treeId } from "@infield/shared";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openTree } from "./open-tree.ts";

const work = mkdtempSync(join(tmpdir(), "infield-archives-"));
const tree = join(work, "tree");
const at = (name: string) => join(work, name);
afterAll(() => rmSync(work, { recursive: true, force: true }));

const has = (command: string, ...args: string[]) => {
  try {
    execFileSync(command, args, { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
};
const tar = (...args: string[]) =>
  execFileSync("tar", args, { cwd: work, stdio: ["ignore", "ignore", "pipe"] });
const python = (script: string) => execFileSync("python3", ["-c", script], { cwd: work, stdio: "pipe" });

async function read(path: string, owners = false): Promise<SourceTree> {
  const opened = await openTree(path, { owners });
  await opened.close();
  return opened;
}
const idOf = async (path: string) => treeId((await read(path)).manifest);
const pathsOf = async (path: string) => (await read(path)).manifest.entries.map((entry) => entry.path);
const codeOf = (path: string) =>
  read(path).then(
    () => "no error",
    (error: unknown) => (error instanceof InfieldError ? error.code : `not an InfieldError: ${error}`),
  );

/** One tar member as ustar writes it, for what no tar would make. */
function member(
  name: string,
  type: string,
  data = "",
  fields: { link?: string; size?: string } = {},
): Buffer {
  const header = Buffer.alloc(512);
  header.write(name, 0);
  header.write("0000644\0", 100);
  header.write("0000000\0", 108);
  header.write("0000000\0", 116);
  header.write(fields.size ?? data.length.toString(8).padStart(11, "0"), 124, "latin1");
  header.write("        ", 148);
  header.write(type, 156);
  header.write(fields.link ?? "", 157);
  header.write("ustar\x0000", 257);
  header.write(
    `${header
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, "0")}\0 `,
    148,
  );
  return Buffer.concat([header, Buffer.from(data), Buffer.alloc((512 - (data.length % 512)) % 512)]);
}
const END = Buffer.alloc(1024);
const pax = (record: string) => {
  const length = `${record.length + 4} ${record}\n`;
  return member("pax", "x", length);
};
function writeTar(...members: Buffer[]): string {
  const path = at(`made-${Math.random().toString(36).slice(2)}.tar`);
  writeFileSync(path, Buffer.concat([...members, END]));
  return path;
}

beforeAll(() => {
  const long = "long".repeat(30);
  mkdirSync(join(tree, "bin"), { recursive: true });
  mkdirSync(join(tree, long, long), { recursive: true });
  mkdirSync(join(tree, "empty"));
  writeFileSync(join(tree, "bin/su"), "root please\n");
  chmodSync(join(tree, "bin/su"), 0o4755);
  linkSync(join(tree, "bin/su"), join(tree, "hard"));
  symlinkSync("bin/su", join(tree, "soft -> link"));
  symlinkSync(`/nowhere/${long}${long}`, join(tree, "dangling"));
  writeFileSync(join(tree, long, long, long), "deep");
  writeFileSync(join(tree, "nothing"), "");
  writeFileSync(join(tree, "back\\slash"), "\\");
  writeFileSync(join(tree, "مرحبا ខ្មែរ"), "names");
  writeFileSync(join(tree, "large"), Buffer.alloc(3_000_000, "infield "));
  chmodSync(join(tree, "large"), 0o444);
});

describe("an archive is the same tree as the folder it was made from", () => {
  it.each(["gnu", "pax"])("tar --format=%s, with long names, hard links, setuid", async (format) => {
    tar(`--format=${format}`, "-cf", `${format}.tar`, "-C", "tree", ".");
    expect(await idOf(at(`${format}.tar`))).toBe(await idOf(tree));
  });

  it.each(["ustar", "v7", "oldgnu"])("tar --format=%s", async (format) => {
    tar(`--format=${format}`, "-cf", `${format}.tar`, "-C", "tree", "bin", "hard", "large", "nothing");
    tar("-cf", "same.tar", "-C", "tree", "bin", "hard", "large", "nothing");
    expect(await idOf(at(`${format}.tar`))).toBe(await idOf(at("same.tar")));
    expect(await pathsOf(at(`${format}.tar`))).toEqual(["bin", "bin/su", "hard", "large", "nothing"]);
  });

  it("tar.gz, whatever it is called", async () => {
    tar("-czf", "packed.zip", "-C", "tree", ".");
    expect(await idOf(at("packed.zip"))).toBe(await idOf(tree));
  });

  it.skipIf(!has("zip", "-v"))("zip -y (when zip is installed)", async () => {
    execFileSync("zip", ["-qry", "../tree.zip", "."], { cwd: tree });
    expect(await idOf(at("tree.zip"))).toBe(await idOf(tree));
  });

  it("with a pax header for every size and owner, when kept", async () => {
    tar("--format=pax", "--owner=:4000000000", "--group=:3000000", "-cf", "owned.tar", "-C", "tree", "large");
    const [entry] = (await read(at("owned.tar"), true)).manifest.entries;
    expect(entry).toMatchObject({ uid: 4_000_000_000, gid: 3_000_000, mode: 0o444 });
    tar("--format=gnu", "--owner=:4000000000", "--group=:3000000", "-cf", "based.tar", "-C", "tree", "large");
    expect((await read(at("based.tar"), true)).manifest.entries).toEqual([entry]);
    expect((await read(at("owned.tar"))).manifest.entries).toMatchObject([{ uid: 0, gid: 0 }]);
  });

  it("and its files can be read at any place", async () => {
    tar("-czf", "ranges.tgz", "-C", "tree", ".");
    const opened = await openTree(at("ranges.tgz"), { owners: false });
    const whole = readFileSync(join(tree, "large"));
    for (const [offset, length] of [
      [0, 10],
      [1_048_570, 20],
      [2_999_999, 1],
      [5, 2_000_000],
    ] as const) {
      const bytes = await opened.open("large").read(offset, length);
      expect(Buffer.compare(bytes, whole.subarray(offset, offset + length))).toBe(0);
    }
    await expect(opened.open("large").read(2_999_999, 2)).rejects.toMatchObject({ code: "unreadable-file" });
    await opened.close();
  });
});

describe("a tar", () => {
  it("loses a leading slash and ./, and its root entry", async () => {
    const path = writeTar(member("./", "5"), member("/etc/", "5"), member(".//etc/./passwd", "0", "root"));
    expect(await pathsOf(path)).toEqual(["etc", "etc/passwd"]);
  });

  it("gets the directories it does not list", async () => {
    const { entries } = (await read(writeTar(member("a/b/c", "0", "x")))).manifest;
    expect(entries.slice(0, 2)).toMatchObject([
      { kind: "dir", path: "a", mode: 0o755 },
      { kind: "dir", path: "a/b", mode: 0o755 },
    ]);
  });

  it("means the last of two members of one name, but a hard link what was there before it", async () => {
    const path = writeTar(
      member("a", "0", "old"),
      member("h", "1", "", { link: "./a" }),
      member("a", "0", "newer"),
    );
    expect((await read(path)).manifest.entries).toMatchObject([
      { path: "a", size: 5 },
      { path: "h", size: 3 },
    ]);
  });

  it("takes the size of a pax header for the member, not for a GNU long name in between", async () => {
    const path = writeTar(
      pax("size=5"),
      member("long", "L", "renamed\0"),
      member("short", "0", "12345", { size: "00000000000" }),
      member("next", "0", "x"),
    );
    expect((await read(path)).manifest.entries).toMatchObject([
      { path: "next", size: 1 },
      { path: "renamed", size: 5 },
    ]);
  });

  it.each([
    ["path-invalid", [member("../up", "0", "x")]],
    ["path-invalid", [member("a/../../up", "0", "x")]],
    ["path-invalid", [pax("path=../up"), member("a", "0", "x")]],
    ["path-invalid", [member("h", "1", "", { link: "../../etc/passwd" })]],
    ["path-invalid", [member("a", "0", "x"), member("a/b", "0", "x")]],
    ["path-invalid", [member("a", "2", "", { link: "/tmp" }), member("a/b", "0", "x")]],
    ["path-invalid", [member("a", "2", "")]],
    ["path-invalid", [member("", "0", "x")]],
    ["archive-damaged", [member("h", "1", "", { link: "absent" })]],
    ["archive-damaged", [pax("size=99999999"), member("a", "0", "x")]],
    ["archive-damaged", [pax("size=-1"), member("a", "0", "x")]],
    ["archive-damaged", [member("pax", "x", "99 path=a\n"), member("a", "0", "x")]],
    ["archive-damaged", [member("pax", "x", "0 \n"), member("a", "0", "x")]],
    ["archive-damaged", [pax("path=a")]],
    [
      "archive-damaged",
      [member("a", "0", "x", { size: "\x80\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff" })],
    ],
    [
      "archive-damaged",
      [member("a", "0", "x", { size: "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff" })],
    ],
    ["archive-damaged", [member("a", "0", "x", { size: "0000000000z" })]],
    ["archive-damaged", [member("a", "0", "x"), Buffer.alloc(512), member("b", "0", "x")]],
    ["unsupported-entry", [member("null", "3")]],
    ["unsupported-entry", [member("sda", "4")]],
    ["unsupported-entry", [member("pipe", "6")]],
    ["unsupported-entry", [member("odd", "Z")]],
    ["unsupported-entry", [pax("GNU.sparse.major=1"), member("a", "0", "x")]],
  ])("%s: %#", async (code, members) => {
    expect(await codeOf(writeTar(...members))).toBe(code);
  });

  it.each(["gnu", "pax"])("with a sparse file is refused with the way out (--format=%s)", async (format) => {
    writeFileSync(at("holes"), "");
    truncateSync(at("holes"), 10_000_000);
    tar(`--format=${format}`, "--sparse", "-cf", "sparse.tar", "holes");
    await expect(read(at("sparse.tar"))).rejects.toThrow(/holes.*without --sparse/);
  });

  it("with a FIFO is refused", async () => {
    execFileSync("mkfifo", [at("pipe")]);
    tar("-cf", "fifo.tar", "pipe");
    expect(await codeOf(at("fifo.tar"))).toBe("unsupported-entry");
  });

  it("without members is the empty tree", async () => {
    writeFileSync(at("none.tar"), END);
    expect(await pathsOf(at("none.tar"))).toEqual([]);
  });
});

describe("the header of a tar", () => {
  it("with any byte of it flipped is refused, but the one behind the checksum's NUL", async () => {
    const bytes = Buffer.concat([member("a", "0", "one"), member("b", "0", "two"), END]);
    for (let position = 0; position < 512; position++) {
      if (position === 155) continue;
      const flipped = Buffer.from(bytes);
      flipped[position] = (bytes[position] ?? 0) ^ 0x01;
      writeFileSync(at("flip.tar"), flipped);
      // A first block that is no header is no tar at all; the later ones are damage.
      expect(await codeOf(at("flip.tar")), `byte ${position}`).toBe("not-a-tree");
      writeFileSync(at("flip.tar"), Buffer.concat([member("first", "0", "x"), flipped]));
      expect(await codeOf(at("flip.tar")), `byte ${position}`).toBe("archive-damaged");
    }
  });
});

describe.skipIf(!has("python3", "-c", "import zipfile"))("a zip (when python3 is installed)", () => {
  const zip = (name: string, body: string) =>
    python(`import zipfile, struct
z = zipfile.ZipFile("${name}", "w", zipfile.ZIP_DEFLATED)
def add(name, data=b"", mode=0, system=3):
    i = zipfile.ZipInfo(name); i.external_attr = mode << 16 | 0x20; i.create_system = system
    i.compress_type = zipfile.ZIP_DEFLATED; z.writestr(i, data)
${body}
z.close()`);

  it("made where there are no modes has 0644 and 0755", async () => {
    zip("dos.zip", 'add("d/", b"", 0o40700, 0); add("d/f", b"x", 0o100700, 0); add("g", b"y", 0)');
    expect((await read(at("dos.zip"))).manifest.entries).toMatchObject([
      { path: "d", mode: 0o755 },
      { path: "d/f", mode: 0o644 },
      { path: "g", mode: 0o644 },
    ]);
  });

  it("keeps modes and symbolic links made on unix", async () => {
    zip("unix.zip", 'add("su", b"x", 0o104755); add("l", b"/a b", 0o120777); add("مرحبا", b"", 0o100600)');
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
    expect((await read(at("64.zip"))).manifest.entries).toMatchObject([{ size: 500_000 }, { size: 3 }]);
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
  });

  it("whose records share their bytes is refused", async () => {
    python(`import zipfile
z = zipfile.ZipFile("overlap.zip", "w"); z.writestr("a", b"abc")
import copy
i = copy.copy(z.filelist[0]); i.filename = "b"; z.filelist.append(i); z.NameToInfo["b"] = i; z._didModify = True
z.close()`);
    await expect(read(at("overlap.zip"))).rejects.toThrow(/overlap/);
  });

  it.skipIf(!has("zip", "-v"))("that is encrypted is refused with the way out", async () => {
    execFileSync("zip", ["-q", "-P", "secret", "locked.zip", "tree/bin/su"], { cwd: work });
    await expect(read(at("locked.zip"))).rejects.toMatchObject({ code: "not-a-tree", hint: /password/ });
  });
});

describe("a damaged archive is an InfieldError, never half a tree", () => {
  const small = () => Buffer.concat([member("a", "0", "one"), pax("path=b"), member("x", "0", "two"), END]);
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

  it.each(cases)("with any byte of it flipped it is another tree or none (%s)", async (name, make) => {
    const bytes = make();
    for (const position of lengthsOf(bytes, name === "tar" ? 5 : 1)) {
      const flipped = Buffer.from(bytes);
      flipped[position] = (bytes[position] ?? 0) ^ 0xff;
      writeFileSync(at("flip"), flipped);
      expect(await codeOf(at("flip")), `byte ${position}`).toMatch(/^[a-z-]+$|^no error$/);
    }
  });

  it("and leaves no temporary file", async () => {
    const left = () => readdirSync(tmpdir()).filter((name) => /^infield-[^-]*$/.test(name));
    const before = left();
    writeFileSync(at("cut"), gzipSync(small()).subarray(0, 90));
    await codeOf(at("cut"));
    expect(left()).toEqual(before);
  });

  it("and a spool that fails is not called damage of the archive", async () => {
    const failure = new Error("disk on fire");
    const bytes = gzipSync(small());
    const source = { size: bytes.length, read: async (o: number, n: number) => bytes.subarray(o, o + n) };
    const opened = openArchive(source, "x", () => Promise.reject(failure), {
      owners: false,
      createSha256: () => expect.fail("nothing is hashed"),
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
