/** Takes a channel out of this browser, once a person has read what is lost with it. */
import { useState } from "preact/hooks";
import { Confirm } from "../ui/confirm.tsx";
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
        {texts.channel.delete}
      </button>
      {asking && (
        <Confirm
          title={texts.channel.deleteTitle(name)}
          body={body}
          yes={texts.channel.deleteYes}
          no={texts.channel.deleteNo}
          onYes={onDelete}
          onClose={() => setAsking(false)}
        />
      )}
    </>
  );
}
