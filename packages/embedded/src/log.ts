// How the parts of the embedded system tell what they do: one readable line at a time.

export type Log = (line: string) => void;

/** Milliseconds as a person reads them: `1:05`, minutes and seconds. */
export function elapsed(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

/** What went wrong in one line, whatever was thrown. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
