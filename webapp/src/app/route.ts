/**
 * Which view the address asks for: `?view=classroom`. A query rather than a path, so that any
 * static host serves it.
 */

export const VIEWS = ["prepare", "classroom"] as const;
export type View = (typeof VIEWS)[number];

/**
 * The view of a query. Without one, a teacher's page opens on the classroom, anybody else's on
 * Prepare.
 */
export function viewOf(search: string, hasAgent: boolean): View {
  const asked = new URLSearchParams(search).get("view");
  return VIEWS.find((view) => view === asked) ?? (hasAgent ? "classroom" : "prepare");
}

export function addressOf(view: View): string {
  return `?view=${view}`;
}
