/** What the list of changes says. */
export const texts = {
  title: "What changed",
  list: "List of changes",
  waiting: "Choose the old and the new files first.",
  same: "The old and the new files are the same. Choose the changed ones as the new files.",
  kinds: {
    added: "added",
    changed: "changed",
    moved: "moved",
    removed: "removed",
    unchanged: "unchanged",
  },
  filter: "Filter by name",
  kind: "Show",
  all: "all changes",
  columns: { kind: "Change", path: "Path", bytes: "Size" },
  from: (path: string) => `from ${path}`,
  more: (n: number) =>
    `${n.toLocaleString("en")} more ${n === 1 ? "is" : "are"} not shown. ` +
    "Type part of a name to find a file.",
  nothing: "No matches.",
};
