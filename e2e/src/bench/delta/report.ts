/** Everything measured, as tables: one a question, contenders downwards, pairs across. */

import { formatCount, formatMebibytes, formatRatio, formatTable } from "../../figures/table.ts";
import type { Result } from "../contest/contest.ts";
import type { Cost } from "../contest/meter.ts";
import { CLOCK, NOT_USABLE } from "../peers/all.ts";
import type { Measured } from "./measure-all.ts";
import type { Speed } from "./speed.ts";

const NOTHING = "–";

export function formatReport(measured: Measured): string {
  return [
    tell("Bytes that travel", measured, (result) => formatCount(result.bytes)),
    tell("Bytes, in those of the smallest peer", measured, (result, all) =>
      formatRatio(result.bytes / bestPeer(all)),
    ),
    tell(`Time to make it, in ${CLOCK}'s`, measured, inClock("create")),
    tell(`Time to apply it, in ${CLOCK}'s`, measured, inClock("apply")),
    tell("Peak memory while making it, MiB", measured, (result) => formatPeak(result.create)),
    tell("Peak memory while applying it, MiB", measured, (result) => formatPeak(result.apply)),
    formatSpeeds(measured),
    formatNotes(measured),
  ]
    .filter((part) => part !== "")
    .join("\n\n");
}

/** Security updates alone: the README's question. */
export function formatSecurityTable({ pairs }: Measured): string {
  const levels = ["Infield, default", "Infield, best"];
  const rows = pairs
    .filter(({ pair }) => pair.security)
    .map(({ pair, newBytes, results }) => [
      pair.about,
      formatCount(newBytes),
      formatCount(bestPeer(results)),
      ...levels.map((name) => cell(results, name, (result) => formatCount(result.bytes))),
    ]);
  return formatTable(["bytes", "whole new tree", "best peer", ...levels], rows);
}

type Show = (result: Result, all: readonly Result[]) => string;

function tell(title: string, { pairs }: Measured, show: Show): string {
  const names = [
    ...new Set(pairs.flatMap(({ results }) => results.map(({ contender }) => contender))),
  ];
  const rows = names.map((name) => [
    name,
    ...pairs.map(({ results }) => cell(results, name, (result) => show(result, results))),
  ]);
  return formatTable([title, ...pairs.map(({ pair }) => pair.name)], rows);
}

/**
 * A figure; `*` where it is from an earlier run, `WRONG` where the applied delta gave something
 * else.
 */
function cell(results: readonly Result[], name: string, show: (result: Result) => string): string {
  const result = results.find(({ contender }) => contender === name);
  if (result === undefined) return NOTHING;
  if (result.differences.length > 0) return "WRONG";
  return `${show(result)}${result.kept ? "*" : ""}`;
}

function bestPeer(results: readonly Result[]): number {
  const peers = results.filter(
    ({ ours, contender, differences }) =>
      !ours && contender !== NOT_USABLE && differences.length === 0,
  );
  return Math.min(...peers.map(({ bytes }) => bytes));
}

function inClock(step: "create" | "apply"): Show {
  return (result, all) => {
    const clock = all.find(({ contender }) => contender === CLOCK);
    return clock === undefined
      ? `${result[step].seconds.toFixed(1)} s`
      : formatRatio(result[step].seconds / clock[step].seconds);
  };
}

function formatPeak({ peakBytes }: Cost): string {
  return peakBytes === undefined ? NOTHING : formatMebibytes(peakBytes);
}

function formatSpeeds({ speeds, speedOf }: Measured): string {
  if (speeds.length === 0) return "";
  const rate = ({ changedBytes, seconds }: Speed["decoder"]) =>
    formatRatio(changedBytes / seconds / 1e6);
  const row = (title: string, show: (speed: Speed) => string) => [title, ...speeds.map(show)];
  return formatTable(
    [`${speedOf}, WebAssembly`, ...speeds.map(({ level }) => level)],
    [
      row("decoder in Node, changed bytes, MB/s", ({ decoder }) => rate(decoder)),
      row("decoder on a tree of which one byte changed, MB/s", ({ copying }) => rate(copying)),
      row("decoder, whole instance, MiB", ({ decoder }) => formatMebibytes(decoder.memoryBytes)),
      row("encoder, one worker's whole instance, MiB", ({ encoder }) =>
        formatMebibytes(encoder.memoryBytes),
      ),
      row("encoder in Chromium with 2 workers, in native HDiffPatch's time", (speed) =>
        speed.hdiffpatchSeconds === undefined
          ? `${speed.pageSeconds.toFixed(1)} s`
          : formatRatio(speed.pageSeconds / speed.hdiffpatchSeconds),
      ),
    ],
  );
}

function formatNotes({ pairs, missing }: Measured): string {
  const results = pairs.flatMap((item) => item.results);
  const lines = [...new Map(results.map((result) => [result.contender, result])).values()]
    .filter(({ ours }) => !ours)
    .map(
      ({ contender, version, commands }) =>
        `- ${contender} (${version}): \`${commands.join("; ")}\``,
    );
  return [
    ...lines,
    ...missing.map((line) => `- not run: ${line}`),
    ...(results.some(({ kept }) => kept) ? ["- \\* from an earlier run, on the same trees"] : []),
  ].join("\n");
}
