import { expect, test } from "vitest";
import { readToken, takeToken } from "./token.ts";

const TOKEN = "0123456789abcdef0123456789abcdef";

function open(hash: string) {
  const kept = new Map<string, string>();
  const storage = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
  };
  const addresses: string[] = [];
  const history = {
    replaceState: (_state: unknown, _title: string, url?: string | URL | null) =>
      void addresses.push(String(url)),
  };
  takeToken({ hash, pathname: "/page/", search: "?view=classroom" }, history, storage);
  return { token: readToken(storage), addresses };
}

test("a token leaves the address bar and stays with the origin; path and view stay", () => {
  expect(open(`#${TOKEN}`)).toEqual({ token: TOKEN, addresses: ["/page/?view=classroom"] });
});

test("another fragment is no token and is left alone", () => {
  expect(open("#top")).toEqual({ token: undefined, addresses: [] });
  expect(open("")).toEqual({ token: undefined, addresses: [] });
});
