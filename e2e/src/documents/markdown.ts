/** What the tests of the documents need to know of Markdown: its headings, links and prose. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

export interface Heading {
  /** 1 for `#`, 2 for `##` … */
  readonly level: number;
  readonly text: string;
  /** What a link names behind `#`, as GitHub makes it. */
  readonly anchor: string;
}

/** The text without its fenced code. Lines keep their numbers. */
function withoutCode(markdown: string): string {
  return markdown.replace(/^( *)```[\s\S]*?^\1```$/gm, (block) => block.replace(/.+/g, ""));
}

export function headingsOf(markdown: string): Heading[] {
  const seen = new Map<string, number>();
  return [...withoutCode(markdown).matchAll(/^(#+) (.+)$/gm)].map(([, marks = "", text = ""]) => {
    const slug = slugOf(text);
    const before = seen.get(slug) ?? 0;
    seen.set(slug, before + 1);
    return { level: marks.length, text, anchor: before === 0 ? slug : `${slug}-${before}` };
  });
}

function slugOf(heading: string): string {
  const plain = heading.replace(/\[([^\]]+)\]\([^)]*\)/g, "$1");
  return plain
    .toLowerCase()
    .replace(/[^\p{Letter}\p{Number}\p{Mark}_ -]/gu, "")
    .replace(/ /g, "-");
}

/** Targets of links and images that stay in this repository. */
export function linksOf(markdown: string): string[] {
  const text = withoutCode(markdown).replace(/`[^`]*`/g, "");
  return [...text.matchAll(/\]\((?![a-z]+:)([^)\s]+)\)/g)].map((link) => link[1] ?? "");
}

/** Links of a document that lead nowhere, or out of `folder`, which is all that is there. */
export function brokenLinks(folder: string, path: string): string[] {
  const markdown = readFileSync(join(folder, path), "utf8");
  return linksOf(markdown).filter((link) => {
    const [file = "", anchor] = link.split("#");
    const target = file === "" ? path : join(dirname(path), file);
    if (target.startsWith("..") || !existsSync(join(folder, target))) return true;
    return anchor !== undefined && !anchorsOf(join(folder, target)).includes(anchor);
  });
}

function anchorsOf(file: string): string[] {
  return headingsOf(readFileSync(file, "utf8")).map(({ anchor }) => anchor);
}

/**
 * Lines of prose wider than `columns`: not tables, code, headings, what a benchmark wrote, nor a
 * link or word that cannot be broken.
 */
export function wideLines(markdown: string, columns: number): string[] {
  return withoutCode(markdown)
    .replace(/<!-- bench:(\w+) -->[\s\S]*?<!-- \/bench:\1 -->/g, "")
    .split("\n")
    .filter((line) => line.length > columns && !/^\s*[|#]/.test(line))
    .filter((line) => line.trim().split(" ").length > 2);
}
