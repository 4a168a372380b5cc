import { expect, it } from "vitest";
import { formatPeerAddress, formatPeerUri, parsePeerAddress } from "./peer-address.ts";

it.each([
  ["192.168.1.7", { host: "192.168.1.7", port: 7461 }],
  [" 192.168.1.7:9000\n", { host: "192.168.1.7", port: 9000 }],
  ["desk4.local", { host: "desk4.local", port: 7461 }],
  ["តុ-៤.local:9000", { host: "តុ-៤.local", port: 9000 }],
  ["2001:db8::7", { host: "2001:db8::7", port: 7461 }],
  ["[2001:db8::7]:9000", { host: "2001:db8::7", port: 9000 }],
  ["fe80::1%wlan0", { host: "fe80::1%wlan0", port: 7461 }],
  [
    "infield:192.168.1.7:7461?channel=c56cc56cc56cc56c",
    { host: "192.168.1.7", port: 7461, channel: "c56cc56cc56cc56c" },
  ],
])("%j is an address", (text, address) => {
  expect(parsePeerAddress(text)).toEqual(address);
});

it.each([
  "",
  ":7461",
  "192.168.1.7:",
  "192.168.1.7:0",
  "192.168.1.7:65536",
  "http://192.168.1.7:7460/#0123",
  "desk 4",
  "[192.168.1.7]:80",
  "[fe80::1",
  "1.2.3.4?channel=c56c",
  "a".repeat(281),
  "$(reboot)",
])("%j is none", (text) => {
  expect(() => parsePeerAddress(text)).toThrow("is not the address of a laptop");
});

it("what is shown and what a QR code holds is read back", () => {
  const channel = "c5".repeat(32);
  for (const host of ["192.168.1.7", "desk4.local", "2001:db8::7", "fe80::1%wlan0"]) {
    for (const port of [7461, 9000]) {
      expect(parsePeerAddress(formatPeerAddress({ host, port }))).toEqual({ host, port });
      const scanned = parsePeerAddress(formatPeerUri({ host, port }, channel));
      expect(scanned).toEqual({ host, port, channel: "c5".repeat(8) });
    }
  }
});
