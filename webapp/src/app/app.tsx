/**
 * The frame: two views as plain links. Once opened, a view stays mounted, so that leaving it loses
 * no work.
 */
import { useEffect, useState } from "preact/hooks";
import { readToken } from "../agent-link/token.ts";
import { LazyView } from "./lazy-view.tsx";
import { addressOf, VIEWS, type View, viewOf } from "./route.ts";
import { texts } from "./texts.ts";

const LOAD = {
  prepare: () => import("../prepare/view.tsx").then((module) => module.PrepareView),
  classroom: () => import("../classroom/view.tsx").then((module) => module.ClassroomView),
};

export function App() {
  const [view, open] = useView();
  const [opened, setOpened] = useState<readonly View[]>([view]);
  useEffect(() => {
    document.title = `${texts.views[view]} – ${texts.name}`;
    setOpened((before) => (before.includes(view) ? before : [...before, view]));
  }, [view]);
  return (
    <>
      <header class="frame">
        <span class="brand">{texts.name}</span>
        <nav aria-label={texts.navigation}>
          {VIEWS.map((name) => (
            <ViewLink key={name} name={name} current={name === view} open={open} />
          ))}
        </nav>
      </header>
      {opened.map((name) => (
        <main key={name} hidden={name !== view}>
          <LazyView load={LOAD[name]} />
        </main>
      ))}
    </>
  );
}

function ViewLink(props: { name: View; current: boolean; open: (view: View) => void }) {
  const { name, current, open } = props;
  const follow = (event: MouseEvent) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    open(name);
  };
  return (
    <a href={addressOf(name)} aria-current={current ? "page" : undefined} onClick={follow}>
      {texts.views[name]}
    </a>
  );
}

/** The view in the address bar, and a way to open another one that the back button undoes. */
function useView(): [View, (view: View) => void] {
  const read = () => viewOf(location.search, readToken(localStorage) !== undefined);
  const [view, setView] = useState(read);
  useEffect(() => {
    const follow = () => setView(read());
    addEventListener("popstate", follow);
    return () => removeEventListener("popstate", follow);
  }, []);
  const open = (next: View) => {
    if (next !== view) history.pushState(null, "", addressOf(next));
    setView(next);
  };
  return [view, open];
}
