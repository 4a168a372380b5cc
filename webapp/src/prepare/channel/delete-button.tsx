/** Deletes a channel from this browser, after saying what will be lost. */
import { useState } from "preact/hooks";
import { Confirm } from "../../ui/confirm.tsx";
import { texts } from "./texts.ts";

interface DeleteButtonProps {
  /** The channel as a sentence names it. */
  readonly name: string;
  /** What will be lost. */
  readonly body: string;
  readonly onDelete: () => void;
}

export function DeleteButton({ name, body, onDelete }: DeleteButtonProps) {
  const [asking, setAsking] = useState(false);
  return (
    <>
      <button type="button" onClick={() => setAsking(true)}>
        {texts.delete}
      </button>
      {asking && (
        <Confirm
          title={texts.deleteTitle(name)}
          body={body}
          yes={texts.deleteYes}
          no={texts.deleteNo}
          onYes={onDelete}
          onClose={() => setAsking(false)}
        />
      )}
    </>
  );
}
