// One field of a record that came as JSON: whether it is what it has to be, in the words that the API uses for the same faults.

export type FieldKind = { readonly required?: boolean } & (
  | { readonly kind: 'integer' | 'flag' | 'time' }
  | { readonly kind: 'word'; readonly words: readonly string[] }
  | { readonly kind: 'text' | 'texts'; readonly least?: number; readonly most: number }
);

type ReadField = { readonly value: unknown } | { readonly reason: string };

/** RFC 3339; seconds and an offset have to be there. */
const TIME = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:[Zz]|[+-]\d\d:\d\d)$/;
const MOST_SOURCES = 100;

/** The value in the shape of the record, or why it is refused; the reason continues a sentence that begins with the field. */
export function readField(field: FieldKind, value: unknown): ReadField {
  switch (field.kind) {
    case 'integer':
      return integer(value);
    case 'flag':
      return typeof value === 'boolean' ? { value } : { reason: 'must be a boolean' };
    case 'time':
      return time(value);
    case 'word':
      return typeof value === 'string' && field.words.includes(value)
        ? { value }
        : { reason: `must be one of ${field.words.join(', ')}` };
    case 'text':
      return text(value, field.least ?? 0, field.most);
    default:
      return texts(value, field.most);
  }
}

/** Whether a value of JSON is an object with fields. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function integer(value: unknown): ReadField {
  const number = typeof value === 'string' && /^\d{1,16}$/.test(value) ? Number(value) : value;
  if (!Number.isSafeInteger(number) || (number as number) < 1)
    return { reason: 'must be a positive integer' };
  return { value: number };
}

function time(value: unknown): ReadField {
  const date = typeof value === 'string' && TIME.test(value) ? new Date(value) : undefined;
  if (date === undefined || Number.isNaN(date.getTime())) {
    return { reason: 'must be a time as RFC 3339 has it, such as 2026-01-31T12:00:00Z' };
  }
  return { value: date };
}

function text(value: unknown, least: number, most: number): ReadField {
  if (typeof value !== 'string') return { reason: 'must be a string' };
  if (!value.isWellFormed()) return { reason: 'must be well-formed Unicode' };
  if (value.length < least) return { reason: 'must not be empty' };
  return value.length > most && Array.from(value).length > most
    ? { reason: `must have at most ${most} characters` }
    : { value };
}

function texts(value: unknown, most: number): ReadField {
  if (!Array.isArray(value)) return { reason: 'must be an array' };
  if (value.length > MOST_SOURCES) return { reason: `must have at most ${MOST_SOURCES} items` };
  for (const one of value as unknown[]) {
    const read = text(one, 1, most);
    if ('reason' in read) return { reason: `has an item that ${read.reason}` };
  }
  return { value: [...new Set(value as string[])] };
}
