// Patterns of subjects as NATS has them: parts with dots between, `*` for one part, `>` at the end for one or more.

/** The parts of a pattern, or of a subject. */
export type Parts = readonly string[];

const PART = /^[A-Za-z0-9_-]+$/;

/** Reads a pattern; undefined where it is malformed. */
export function parsePattern(text: string): Parts | undefined {
  const parts = text.split('.');
  const isRight = parts.every(
    (part, index) => part === '*' || (part === '>' ? index === parts.length - 1 : PART.test(part)),
  );
  return isRight ? parts : undefined;
}

/** Whether a subject is one of a pattern's. */
export function matches(pattern: Parts, subject: Parts): boolean {
  return overlap(pattern, subject);
}

/** Whether some subject can match a pattern and is also one of `space`, a pattern without `>`. */
export function overlap(pattern: Parts, space: Parts): boolean {
  for (const [index, part] of space.entries()) {
    const wanted = pattern[index];
    if (wanted === '>') return true;
    if (wanted !== '*' && part !== '*' && wanted !== part) return false;
  }
  return pattern.length === space.length;
}
