/** A view whose code is loaded when it is first shown. */
import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { texts } from "./texts.ts";

export function LazyView({ load }: { load: () => Promise<ComponentType> }) {
  const [View, setView] = useState<ComponentType>();
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    load().then(
      (view) => setView(() => view),
      () => setFailed(true),
    );
  }, [load]);
  if (failed) return <p class="problem">{texts.failed}</p>;
  return View ? <View /> : <p class="quiet">{texts.loading}</p>;
}
