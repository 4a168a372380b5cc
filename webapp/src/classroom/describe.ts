/** What the agent reports about the classroom, put into words for a teacher. */
import { formatDuration } from "@infield/shared/base";
import type { Classroom, Laptop, Report } from "@infield/shared/transfer";
import { texts } from "./texts.ts";

const MINUTE_MS = 60_000;

/** What a laptop is doing, given the newest version there is. */
export function describeState(report: Report, latest: number | undefined): string {
  const target = texts.target(report.target);
  switch (report.state) {
    case "waiting":
      return texts.states.waiting(target, report.waitsFor);
    case "fetching":
      return texts.states.fetching(target);
    case "building":
      return texts.states.building(target);
    case "checking":
      return texts.states.checking(target);
    case "failed":
      return texts.states.failed;
    case "held":
      return texts.states.held(report.target);
    case "resting":
      return describeResting(report.version, latest);
  }
}

function describeResting(version: number, latest: number | undefined): string {
  if (latest !== undefined && version >= latest) return texts.states.newest;
  if (latest !== undefined) return texts.states.behind(latest);
  return version === 0 ? texts.states.empty : texts.states.resting;
}

/** True while an update is under way. */
export function isWorking({ state }: Report): boolean {
  return state === "fetching" || state === "building" || state === "checking";
}

/**
 * The last known state of a laptop that cannot be reached, unless it was updating: nobody knows how
 * that went.
 */
export function describeLast(report: Report, latest: number | undefined): string {
  return isWorking(report) ? texts.states.away : describeState(report, latest);
}

/** The mark before those words, as a CSS class: filled only for what needs no attention. */
export function markState(report: Report, latest: number | undefined): string {
  const { state, version } = report;
  if (state === "failed" || state === "held") return state;
  if (isWorking(report)) return "working";
  return latest !== undefined && version >= latest ? "newest" : "waiting";
}

/** Whole minutes once there are any: nobody counts the seconds of an absent laptop. */
export function describeSeen(unseenMs: number): string {
  if (unseenMs < 1_000) return texts.now;
  return texts.ago(
    formatDuration(unseenMs < MINUTE_MS ? unseenMs : unseenMs - (unseenMs % MINUTE_MS)),
  );
}

/** One sentence about all laptops, including this one; it is read out when it changes. */
export function summarise({ self, laptops, latest }: Classroom): string {
  if (latest === undefined) return "";
  const all: readonly Report[] = [self, ...laptops];
  const have = all.filter(({ version }) => version >= latest.version).length;
  const failed = all.filter(({ state }) => state === "failed").length;
  const parts = [texts.summary(have, all.length, latest.version)];
  if (failed > 0) parts.push(texts.failures(failed));
  return parts.join(", ");
}

/**
 * Why a laptop cannot be given orders from here, or undefined if it can. Orders need a connection
 * (`unseenMs` 0).
 */
export function reasonNotToOrder(laptop: Laptop): string | undefined {
  if (laptop.unseenMs > 0) return texts.away;
  if (laptop.teachers.length === 0) return texts.noTeacher;
  return laptop.obeys ? undefined : texts.otherTeacher;
}

/**
 * The notes in the reader's best language: exact, then the same language of another region, then
 * any.
 */
export function pickNotes(
  notes: Readonly<Record<string, string>>,
  languages: readonly string[],
): { language: string; text: string } | undefined {
  const offered = Object.keys(notes);
  const base = (tag: string) => tag.split("-")[0];
  const language =
    languages.find((wanted) => offered.includes(wanted)) ??
    languages.flatMap((wanted) => offered.find((tag) => base(tag) === base(wanted)) ?? [])[0] ??
    offered[0];
  const text = language === undefined ? undefined : notes[language];
  return language !== undefined && text ? { language, text } : undefined;
}

/**
 * Where other laptops find this one: on each of its networks, the address that is easiest to type.
 */
export function addressesByNetwork({
  addresses,
  port,
}: Classroom["reach"]): { card: string; host: string; port: number }[] {
  const first = addresses.filter(
    (one, i) => addresses.findIndex((other) => other.interface === one.interface) === i,
  );
  return first.map(({ interface: card, host }) => ({ card, host, port }));
}
