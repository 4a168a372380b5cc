import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { describeService, readLaptopId, readTxt, SERVICE_DOMAIN } from "./service.ts";

const id = "8f14e45fceea167a";
const channelId = "c56cb1ad0d1e7c8c".padEnd(64, "0");
const laptop = { id, channelId, peerPort: 7461, release: 7, name: "desk 4" };
/** Any characters, those beyond 16 bits too. */
const anyName = fc
  .array(
    fc.oneof(fc.integer({ max: 0xd7ff, min: 0 }), fc.integer({ min: 0xe000, max: 0x10ffff })),
    {
      maxLength: 40,
    },
  )
  .map((points) => String.fromCodePoint(...points));
const bytes = (strings: readonly string[]) => strings.map((string) => Buffer.from(string));

describe("what a laptop says of itself", () => {
  it("is four short keys, the version of the format first", () => {
    expect(describeService(laptop)).toEqual({
      instance: "desk 4 8f14e45fceea167a",
      port: 7461,
      txt: ["txtvers=1", "channel=c56cb1ad0d1e7c8c", "release=7", "name=desk 4"],
    });
  });

  it("fits a label and a TXT string in whole characters, with any name, and is read again", () => {
    fc.assert(
      fc.property(anyName, (name) => {
        const { instance, txt } = describeService({ ...laptop, name });
        // avahi-daemon and others append this to a name that is taken.
        expect(Buffer.byteLength(`${instance} (10)`)).toBeLessThanOrEqual(63);
        expect(readLaptopId(`${instance} (10).${SERVICE_DOMAIN}`)).toBe(id);
        for (const string of txt) expect(Buffer.byteLength(string)).toBeLessThanOrEqual(255);
        const said = readTxt(bytes(txt), channelId);
        if (!/\p{Cc}/u.test(name)) expect(name.startsWith(said?.name ?? "-")).toBe(true);
      }),
    );
  });

  it("cuts a long name between characters", () => {
    const { instance, txt } = describeService({ ...laptop, name: "😀".repeat(40) });
    expect(instance).toBe(`${"😀".repeat(10)} ${id}`);
    expect(txt[3]).toBe(`name=${"😀".repeat(40)}`);
    expect(describeService({ ...laptop, name: "ⴰ".repeat(80) }).instance).toBe(
      `${"ⴰ".repeat(13)} ${id}`,
    );
    expect(describeService({ ...laptop, name: "ⴰ".repeat(80) }).txt[3]).toBe(
      `name=${"ⴰ".repeat(80)}`,
    );
  });

  it("has a laptop id for a name where the laptop has none, and no dots", () => {
    expect(describeService({ ...laptop, name: "" }).instance).toBe(id);
    expect(describeService({ ...laptop, name: "desk.4" }).instance).toBe(`desk 4 ${id}`);
  });
});

describe("a name of an instance", () => {
  it("is ours with a laptop id at its end, also when it was taken", () => {
    for (const name of [id, `desk 4 ${id}`, `desk 4 ${id} #2`, `desk 4 ${id} (12)`])
      expect(readLaptopId(`${name}.${SERVICE_DOMAIN}`), name).toBe(id);
  });

  it("is none of ours without one, with a dot, or of another service", () => {
    for (const name of [
      "desk 4",
      "",
      `x${id}`,
      `desk.4 ${id}`,
      `${id}0`,
      id.toUpperCase(),
      `${id} #2 `,
    ])
      expect(readLaptopId(`${name}.${SERVICE_DOMAIN}`), name).toBeUndefined();
    expect(readLaptopId(`${id}._http._tcp.local`)).toBeUndefined();
    expect(readLaptopId(`${id}${SERVICE_DOMAIN}`)).toBeUndefined();
  });

  it("is read in no time whatever it is", () => {
    fc.assert(fc.property(anyName, (name) => void readLaptopId(`${name}.${SERVICE_DOMAIN}`)));
    expect(readLaptopId(`${" a".repeat(5000)}.${SERVICE_DOMAIN}`)).toBeUndefined();
  });
});

describe("what others say", () => {
  const right = describeService(laptop).txt;
  const withKey = (key: string, value: string) =>
    bytes(right.map((string) => (string.startsWith(`${key}=`) ? `${key}=${value}` : string)));

  it("is read as it was written", () => {
    expect(readTxt(bytes(right), channelId)).toEqual({ release: 7, name: "desk 4" });
  });

  it("is ignored when it is of another channel or of another version", () => {
    expect(readTxt(bytes(right), "d".repeat(64))).toBeUndefined();
    expect(readTxt(withKey("channel", channelId), channelId)).toBeUndefined();
    expect(readTxt(withKey("txtvers", "2"), channelId)).toBeUndefined();
  });

  it("is ignored when a release is no release", () => {
    for (const release of [
      "",
      "-1",
      "1.5",
      "07",
      "4294967296",
      "1e3",
      " 7",
      "7 ",
      "99999999999",
      "NaN",
    ])
      expect(readTxt(withKey("release", release), channelId), release).toBeUndefined();
    expect(readTxt(withKey("release", "4294967295"), channelId)?.release).toBe(4294967295);
  });

  it("is ignored when a name is too long for the page, has control characters, or is no UTF-8", () => {
    for (const name of ["x".repeat(81), "a\nb", "\u001b[31m", "\u0000"])
      expect(readTxt(withKey("name", name), channelId), name).toBeUndefined();
    expect(readTxt([...bytes(right), Uint8Array.of(0x61, 0x3d, 0xff)], channelId)).toBeUndefined();
  });

  it("needs every key, takes the first of two, and no notice of others", () => {
    for (const missing of right)
      expect(
        readTxt(bytes(right.filter((one) => one !== missing)), channelId),
        missing,
      ).toBeUndefined();
    const more = bytes([...right, "release=9", "other=x", "flag", "=x", ""]);
    expect(readTxt(more, channelId)).toEqual({ release: 7, name: "desk 4" });
  });

  it("may be any bytes", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 255 })), (strings) => {
        expect(readTxt(strings, channelId)).toBeUndefined();
      }),
    );
  });
});
