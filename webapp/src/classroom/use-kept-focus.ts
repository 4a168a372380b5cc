/**
 * Keeps the keyboard where it was when an order changes the buttons: they are disabled, replaced or
 * gone, and focus with them.
 */
import { useEffect, useRef } from "preact/hooks";

/**
 * `place` goes on an element with `tabIndex` -1 around the buttons; call `keep` when one of them is
 * pressed.
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
      // The person has gone elsewhere.
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

/** A disabled button is left by the browser a moment later. */
function isNowhere(focused: Element | null): boolean {
  return focused === null || focused === document.body || focused.matches(":disabled");
}
