import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatCall, MESSAGE, readMessage } from "./dbus-message.ts";

const call = {
  destination: "org.freedesktop.Avahi",
  path: "/Client1/EntryGroup1",
  interface: "org.freedesktop.Avahi.EntryGroup",
  member: "AddService",
  types: ["i", "u", "s", "q", "aay"],
  values: [-1, 7, "desk 4 é", 7461, [Buffer.from("release=7"), Buffer.from("")]],
};

describe("a message of D-Bus", () => {
  it("has the bytes that the specification says", () => {
    const bytes = formatCall(1, { destination: "a.b", path: "/", interface: "a.b", member: "M" });
    expect(bytes.toString("hex")).toBe(
      [
        // Little-endian, a call that starts no service, version 1; no body; serial 1; 70 bytes of
        // fields.
        ["6c010201", "00000000", "01000000", "46000000"],
        // Path, interface, member, destination, signature; each begins at a multiple of 8.
        ["01016f00", "01000000", "2f000000", "00000000"],
        ["02017300", "03000000", "612e6200", "00000000"],
        ["03017300", "01000000", "4d000000", "00000000"],
        ["06017300", "03000000", "612e6200", "00000000"],
        ["08016700", "00000000"],
      ]
        .flat()
        .join(""),
    );
  });

  it("is read as it was written", () => {
    const bytes = formatCall(9, call);
    const read = readMessage(Buffer.concat([bytes, Buffer.from("rest")]));
    expect(read?.end).toBe(bytes.length);
    expect(read?.message.type).toBe(MESSAGE.call);
    const { destination, path, member, interface: face } = call;
    expect(read?.message.fields).toMatchObject({ destination, path, member, interface: face });
    expect(read?.message.fields.signature).toBe("iusqaay");
    const [index, flags, name, port, txt] = read?.message.body() ?? [];
    expect([index, flags, name, port]).toEqual([-1, 7, "desk 4 é", 7461]);
    expect(txt).toEqual([[...Buffer.from("release=7")], []]);
  });

  it("is waited for until it is whole", () => {
    const bytes = formatCall(9, call);
    for (let length = 0; length < bytes.length; length++)
      expect(readMessage(bytes.subarray(0, length)), String(length)).toBeUndefined();
  });

  it("is refused, before memory is taken for it, when it is too large or none at all", () => {
    const bytes = formatCall(9, call);
    bytes.writeUInt32LE(0xffff_ffff, 4);
    expect(() => readMessage(bytes)).toThrow(RangeError);
    expect(() => readMessage(Buffer.from("HTTP/1.1 400 Bad"))).toThrow(RangeError);
  });

  it("is refused when a text in it is longer than what is left", () => {
    const bytes = formatCall(9, { ...call, types: ["s"], values: ["text"] });
    bytes.writeUInt32LE(5, bytes.length - 9);
    expect(() => readMessage(bytes)?.message.body()).toThrow(RangeError);
  });

  it("does no harm whatever is in it", () => {
    const right = formatCall(9, call);
    const changes = fc.array(fc.tuple(fc.nat(right.length - 1), fc.nat(255)), {
      minLength: 1,
      maxLength: 4,
    });
    fc.assert(
      fc.property(changes, (changed) => {
        const bytes = Buffer.from(right);
        for (const [at, byte] of changed) bytes[at] = byte;
        try {
          readMessage(bytes)?.message.body();
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
