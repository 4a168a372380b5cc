/**
 * Keeps the keyboard focus in place when an order disables, replaces or removes the focused button.
 */
import { useEffect, useRef } from "preact/hooks";

/**
 * `place` is the ref of an element with `tabIndex` -1 around the buttons; call `keep` when one of
 * them is pressed.
 */
export function useKeptFocus() {
  const place = useRef<HTMLDivElement>(null);
  const kept = useRef(false);
  useEffect(() => {
    const around = place.current;
    if (!kept.current || around === null) return;
    const focused = document.activeElement;
    if (isNowhere(focused) || focused === around) {
      const button = around.querySelector<HTMLElement>("button:enabled");
      (button ?? around).focus({ preventScroll: true });
    } else if (!around.contains(focused)) {
      // Somebody moved focus elsewhere.
      kept.current = false;
    }
  });
  return {
    place,
    keep: () => {
      kept.current = true;
    },
  };
}

/** The browser takes focus from a disabled button only a moment later. */
function isNowhere(focused: Element | null): boolean {
  return focused === null || focused === document.body || focused.matches(":disabled");
}
