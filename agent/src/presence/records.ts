/**
 * What a multicast DNS response says of our instances, one by one. Nothing is believed: it is put
 * in order, no more.
 */
import type { Answer, Packet } from "dns-packet";
import { readLaptopId, readTxt, type Said, SERVICE_DOMAIN } from "./service.ts";

/** What one packet says of one instance. */
export interface Heard {
  readonly instance: string;
  /** The laptop id in its name. */
  readonly id: string;
  /** Of its TXT record. */
  readonly said?: Said;
  /** Its TXT record is of another channel, or cannot be read. */
  readonly foreign: boolean;
  /** A record of it has no time to live left: goodbye (RFC 6762, 10.1). */
  readonly gone: boolean;
  /** Of its SRV record, unless that names other programs' services (rule 2.2). */
  readonly port?: number;
  /** Of its PTR and TXT records the longer one; 0 when there was neither. */
  readonly ttlSeconds: number;
}

const FIRST_PORT = 1024;

/** Addresses in a packet are not even looked at: only where it came from counts (rule 7.6). */
export function readRecords(
  packet: Pick<Packet, "answers" | "additionals">,
  channelId: string,
): Heard[] {
  const heard = new Map<string, Heard>();
  for (const record of [...(packet.answers ?? []), ...(packet.additionals ?? [])]) {
    const instance = instanceOf(record);
    const id = instance && readLaptopId(instance);
    if (id === undefined || instance === undefined) continue;
    const before = heard.get(instance) ?? {
      instance,
      id,
      foreign: false,
      gone: false,
      ttlSeconds: 0,
    };
    heard.set(instance, { ...before, ...readRecord(record, before, channelId) });
  }
  return [...heard.values()];
}

function instanceOf(record: Answer): string | undefined {
  if (record.type === "PTR") return record.name === SERVICE_DOMAIN ? record.data : undefined;
  return record.type === "TXT" || record.type === "SRV" ? record.name : undefined;
}

function readRecord(record: Answer, before: Heard, channelId: string): Partial<Heard> {
  const ttl = "ttl" in record ? (record.ttl ?? 0) : 0;
  if (ttl === 0) return { gone: true };
  if (record.type === "SRV") return record.data.port < FIRST_PORT ? {} : { port: record.data.port };
  const ttlSeconds = Math.max(before.ttlSeconds, ttl);
  if (record.type !== "TXT") return { ttlSeconds };
  const strings = [record.data].flat().filter((string) => typeof string !== "string");
  const said = readTxt(strings, channelId);
  return said === undefined ? { foreign: true } : { said, ttlSeconds };
}
