/**
 * A file input that looks like a button. The input itself takes focus and is found by its label.
 */

interface FileButtonProps {
  readonly label: string;
  /** The file types offered, as in the `accept` attribute. */
  readonly accept?: string;
  /** Choose a whole folder. */
  readonly folder?: boolean;
  readonly disabled?: boolean;
  readonly onFiles: (files: readonly File[]) => void;
}

export function FileButton({ label, accept, folder, disabled, onFiles }: FileButtonProps) {
  const take = (event: Event) => {
    const input = event.currentTarget;
    if (!(input instanceof HTMLInputElement)) return;
    const files = [...(input.files ?? [])];
    // So that choosing the same file again is noticed.
    input.value = "";
    if (files.length > 0) onFiles(files);
  };
  const chooseFolders = (input: HTMLInputElement | null) => {
    if (input) input.webkitdirectory = folder ?? false;
  };
  return (
    <label class="button">
      {label}
      <input type="file" ref={chooseFolders} accept={accept} disabled={disabled} onChange={take} />
    </label>
  );
}
