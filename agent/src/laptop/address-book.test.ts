import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MAX_TYPED_PEERS } from "@infield/shared/base";
import { afterEach, beforeEach, expect, it } from "vitest";
import { MAX_MET_PEERS, openAddressBook, readAddressBook } from "./address-book.ts";

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "infield-book-"));
  file = join(folder, "peers.json");
});
afterEach(() => rm(folder, { recursive: true }));

const peer = (number: number) => ({ host: `192.0.2.${number}`, port: 7461 });

it("keeps whom a person named and who was met, for the next start, where only the owner may read it", async () => {
  const book = await openAddressBook(file);
  await book.addTyped({ host: "desk4.local", port: 9000 });
  await book.addTyped({ host: "desk4.local", port: 9000 });
  await book.meet(peer(1));
  await book.meet(peer(2));
  const next = await openAddressBook(file);
  expect(next.typed()).toEqual([{ host: "desk4.local", port: 9000 }]);
  expect(next.met()).toEqual([peer(2), peer(1)]);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
});

it("writes when somebody new is met, and not when an old acquaintance is", async () => {
  const book = await openAddressBook(file);
  await book.meet(peer(1));
  await book.meet(peer(2));
  const written = await stat(file);
  await book.meet(peer(1));
  expect((await stat(file)).ino).toBe(written.ino);
  expect(book.met()).toEqual([peer(1), peer(2)]);
});

it("has bounds: the one met longest ago goes, and a person is told", async () => {
  const book = await openAddressBook(file);
  for (let number = 0; number < 2 * MAX_MET_PEERS; number++) await book.meet(peer(number));
  expect(book.met()).toHaveLength(MAX_MET_PEERS);
  expect(book.met()[0]).toEqual(peer(2 * MAX_MET_PEERS - 1));
  for (let number = 0; number < MAX_TYPED_PEERS; number++) await book.addTyped(peer(number));
  await expect(book.addTyped(peer(200))).rejects.toMatchObject({ code: "limit-exceeded" });
  expect(await readAddressBook(file)).toMatchObject({ typed: book.typed(), met: book.met() });
});

it("forgets whom it is told to, and says whether it knew them", async () => {
  const book = await openAddressBook(file);
  await book.addTyped(peer(1));
  await book.meet(peer(1));
  expect([await book.remove(peer(1)), await book.remove(peer(1))]).toEqual([true, false]);
  expect(await readAddressBook(file)).toEqual({ typed: [], met: [] });
});

it.each<[string, (file: string) => Promise<unknown> | unknown]>([
  ["garbage", (at) => writeFile(at, "{\0")],
  ["of another shape", (at) => writeFile(at, '{"typed": [{"host": 7}], "met": []}')],
  [
    "with a port that is none",
    (at) => writeFile(at, '{"typed": [{"host": "a", "port": 0}], "met": []}'),
  ],
  [
    "longer than a book can be",
    (at) => writeFile(at, JSON.stringify({ typed: [], met: [], x: "y".repeat(2 ** 20) })),
  ],
  [
    "a whole book with blanks up to a megabyte",
    (at) => writeFile(at, `${" ".repeat(2 ** 20)}{"typed":[],"met":[]}`),
  ],
  ["a FIFO", (at) => execFileSync("mkfifo", [at])],
  ["a folder", (at) => mkdir(at)],
  ["a link to elsewhere", linkElsewhere],
])("a file that is %s counts as empty", async (_, make) => {
  await make(file);
  const book = await openAddressBook(file);
  expect([book.typed(), book.met()]).toEqual([[], []]);
});

async function linkElsewhere(at: string): Promise<void> {
  await writeFile(`${at}.other`, JSON.stringify({ typed: [peer(1)], met: [] }));
  await symlink(`${at}.other`, at);
}

it("puts a new book in the place of a damaged one", async () => {
  await writeFile(file, "{\0");
  await (await openAddressBook(file)).addTyped(peer(1));
  expect(JSON.parse(await readFile(file, "utf8"))).toEqual({ typed: [peer(1)], met: [] });
});
