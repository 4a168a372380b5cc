/** Takes a channel out of this browser, once a person has read what is lost with it. */
import { useState } from "preact/hooks";
import { Confirm } from "../../ui/confirm.tsx";
import { texts } from "./texts.ts";

interface DeleteButtonProps {
  readonly name: string;
  /** What is lost. */
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
