/** What the list of changes says. */
export const texts = {
  title: "What changed",
  list: "List of changes",
  waiting: "Choose both trees first.",
  same: "The two trees are the same. Choose the changed tree as the new one.",
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
  more: (n: number) => `and ${n.toLocaleString("en")} more; type a part of a name to find one`,
  nothing: "Nothing matches.",
};
