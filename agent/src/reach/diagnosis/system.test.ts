import { expect, it } from "vitest";
import { answersOnCable, readSystem } from "./system.ts";

const FILES: Record<string, string> = {
  "/sys/class/net/wlan0/flags": "0x1003\n",
  "/sys/class/net/tun0/flags": "0x10d1\n",
  "/proc/net/route": [
    "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT",
    "wlan0\t00000000\t0101A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0",
    "tun0\t00000000\t00000000\t0001\t0\t0\t50\t00000000\t0\t0\t0",
    "wlan0\t0001A8C0\t00000000\t0001\t0\t0\t600\t00FFFFFF\t0\t0\t0",
  ].join("\n"),
  "/proc/net/arp": [
    "IP address       HW type     Flags       HW address            Mask     Device",
    "192.168.1.1      0x1         0x2         02:00:00:00:00:01     *        wlan0",
    "192.168.1.9      0x1         0x0         00:00:00:00:00:00     *        wlan0",
  ].join("\n"),
};
const read = (files: Record<string, string>) => async (path: string) => files[path];
const info = (address: string, internal = false) =>
  ({ address, internal, family: "IPv4", netmask: "", mac: "", cidr: null }) as const;
const found = {
  lo: [info("127.0.0.1", true)],
  wlan0: [info("192.168.1.5")],
  tun0: [info("10.8.0.2")],
};

it("cards and tunnels are told apart, and the way out is the route with the least metric", async () => {
  expect(await readSystem(undefined, read(FILES), found)).toEqual({
    cards: [
      { name: "wlan0", addresses: ["192.168.1.5"], multicast: true, tunnel: false },
      { name: "tun0", addresses: ["10.8.0.2"], multicast: true, tunnel: true },
    ],
    wayOut: { interface: "tun0" },
  });
  const withoutTunnel = FILES["/proc/net/route"]?.replace("tun0\t00000000", "tun0\t00000001");
  expect(
    await readSystem(undefined, read({ "/proc/net/route": withoutTunnel ?? "" }), found),
  ).toMatchObject({
    wayOut: { interface: "wlan0", gateway: "192.168.1.1" },
  });
});

it("a system that says nothing leaves it open", async () => {
  expect(await readSystem(undefined, read({}), { lo: found.lo })).toEqual({
    cards: [{ name: "lo", addresses: ["127.0.0.1"], multicast: undefined, tunnel: undefined }],
  });
});

it("who answered on the cable is known, and who was not asked for is not", async () => {
  const ask = (address: string) => answersOnCable(address, read(FILES));
  expect(await Promise.all(["192.168.1.1", "192.168.1.9", "10.0.0.1"].map(ask))).toEqual([
    true,
    false,
    undefined,
  ]);
});
