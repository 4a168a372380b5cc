/**
 * A text in which commands stand between `backticks`, as the program writes them: shown as code.
 */

export function CodeText({ text }: { text: string }) {
  // Between an even number of backticks there is prose, between an odd number a command.
  return (
    <>{text.split("`").map((part, i) => (i % 2 === 0 ? part : <code key={part}>{part}</code>))}</>
  );
}
