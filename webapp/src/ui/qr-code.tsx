/** A text as a QR code for a camera. The encoder is loaded only when a code is shown. */
import { useEffect, useState } from "preact/hooks";

/** Light modules around a code, without which cameras do not find it (ISO/IEC 18004, 6.3.8). */
const QUIET_MODULES = 4;

/** `label` describes the code to whoever cannot see it. */
export function QrCode({ text, label }: { text: string; label: string }) {
  const [code, setCode] = useState<QrImage>();
  useEffect(() => {
    let current = true;
    drawQr(text).then(
      (drawn) => {
        if (current) setCode(drawn);
      },
      () => {
        // The address still stands beside it.
      },
    );
    return () => {
      current = false;
    };
  }, [text]);
  return (
    <svg
      class="qr"
      role="img"
      aria-label={label}
      viewBox={`0 0 ${code?.size ?? 1} ${code?.size ?? 1}`}
    >
      {code && <path d={code.path} />}
    </svg>
  );
}

interface QrImage {
  /** Modules per side, including the light ones around it. */
  readonly size: number;
  /** Of the dark modules: a rectangle for each run in a row. */
  readonly path: string;
}

export async function drawQr(text: string): Promise<QrImage> {
  const { encodeQR } = await import("qr");
  const rows = encodeQR(text, "raw", { ecc: "medium", border: QUIET_MODULES });
  return { size: rows.length, path: rows.map(pathOfRow).join("") };
}

function pathOfRow(row: readonly boolean[], y: number): string {
  const text = row.map((dark) => (dark ? "1" : "0")).join("");
  return [...text.matchAll(/1+/g)]
    .map(({ 0: run, index }) => `M${index} ${y}h${run.length}v1h-${run.length}z`)
    .join("");
}
