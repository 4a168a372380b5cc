import { expect, it } from "vitest";
import { ownAddresses } from "./own-addresses.ts";

const info = (
  family: "IPv4" | "IPv6",
  address: string,
  more: { internal?: boolean; scopeid?: number } = {},
) =>
  ({
    family,
    address,
    internal: false,
    scopeid: 0,
    netmask: "",
    mac: "",
    cidr: null,
    ...more,
  }) as never;
const found = {
  lo: [info("IPv4", "127.0.0.1", { internal: true })],
  none0: [
    info("IPv6", "2001:db8::7"),
    info("IPv6", "fe80::1", { scopeid: 3 }),
    info("IPv4", "192.0.2.7"),
  ],
  none1: [info("IPv4", "198.51.100.7")],
};

it("shows what others can type: IPv4 first, nothing that means another thing on another machine", () => {
  expect(ownAddresses(undefined, found)).toEqual([
    { interface: "none0", host: "192.0.2.7" },
    { interface: "none1", host: "198.51.100.7" },
    { interface: "none0", host: "2001:db8::7" },
  ]);
});

it("shows those of the chosen interfaces only, and loopback where there is nothing else", () => {
  expect(ownAddresses(["none1"], found)).toEqual([{ interface: "none1", host: "198.51.100.7" }]);
  expect(ownAddresses(undefined, { lo: found.lo })).toEqual([
    { interface: "lo", host: "127.0.0.1" },
  ]);
  expect(ownAddresses(["none9"], found)).toEqual([]);
});
