// One field of a cron expression: numbers, names, lists, ranges and steps, read strictly. What other programs read each in its own
// way (`5/15`, ranges that run backwards, `L`, `W`, `#`, `?`) is refused with what to write instead.

export interface FieldKind {
  /** As a reason names it. */
  readonly name: string;
  readonly least: number;
  readonly most: number;
  /** Names of the values, from `least` on. */
  readonly names?: readonly string[];
}

export type FieldReading =
  | {
      readonly ok: true;
      /** Rising, each once, never empty. */
      readonly values: readonly number[];
      /** Whether the field is written `*`, and nothing else. */
      readonly any: boolean;
    }
  | { readonly ok: false; readonly reason: string };

export const SECOND: FieldKind = { name: 'second', least: 0, most: 59 };
export const MINUTE: FieldKind = { name: 'minute', least: 0, most: 59 };
export const HOUR: FieldKind = { name: 'hour', least: 0, most: 23 };
export const DAY: FieldKind = { name: 'day of month', least: 1, most: 31 };
export const MONTH: FieldKind = {
  name: 'month',
  least: 1,
  most: 12,
  names: ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'],
};
/** Sunday is both 0 and 7, so that a week may begin or end with it; `cron.ts` makes one of them. */
export const WEEKDAY: FieldKind = {
  name: 'day of week',
  least: 0,
  most: 7,
  names: ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'],
};

const PART = /^(\*|\w+(?:-\w+)?)(?:\/(\d+))?$/;

/** The values of a field. A `reason` continues a sentence that begins with the expression's own name. */
export function readField(text: string, kind: FieldKind): FieldReading {
  if (text === '*') return { ok: true, values: everyValue(kind.least, kind.most, 1), any: true };
  const values = new Set<number>();
  for (const part of text.split(',')) {
    const read = readPart(part, kind);
    if (typeof read === 'string') return { ok: false, reason: read };
    for (const value of read) values.add(value);
  }
  return { ok: true, values: [...values].sort((a, b) => a - b), any: false };
}

/** The values of one part of a list, or why there are none. */
function readPart(part: string, kind: FieldKind): number[] | string {
  const inField = `in the field ${kind.name}`;
  if (part === '') return `has an empty part ${inField}`;
  if (part === '*') return `has a "*" among other values ${inField}`;
  const [, range, step] = PART.exec(part) ?? [];
  if (range === undefined) return `has ${JSON.stringify(part)} ${inField}, which is no number, range or step`;
  if (step !== undefined && (Number(step) < 1 || Number(step) > kind.most)) {
    return `has the step ${step} ${inField}, which is not from 1 to ${kind.most}`;
  }
  if (range === '*') return everyValue(kind.least, kind.most, Number(step));
  const [first = '', last] = range.split('-');
  if (step !== undefined && last === undefined) {
    return `has ${JSON.stringify(part)} ${inField}; a step needs a range, such as ${first}-${kind.most}/${step}`;
  }
  const from = readValue(first, kind);
  const to = last === undefined ? from : readLast(last, from, kind);
  if (from === undefined || to === undefined) {
    const wrong = from === undefined ? first : last;
    return `has ${JSON.stringify(wrong)} ${inField}, which is not from ${kind.least} to ${kind.most}${orNames(kind)}`;
  }
  if (to < from) return `has the range ${range} ${inField}, which runs backwards`;
  return everyValue(from, to, Number(step ?? 1));
}

function readValue(text: string, { least, most, names }: FieldKind): number | undefined {
  if (/^\d{1,2}$/.test(text)) {
    const value = Number(text);
    return value >= least && value <= most ? value : undefined;
  }
  const place = names?.indexOf(text.toUpperCase()) ?? -1;
  return place < 0 ? undefined : least + place;
}

/** `FRI-SUN` ends at the Sunday that is 7. */
function readLast(text: string, from: number | undefined, kind: FieldKind): number | undefined {
  const value = readValue(text, kind);
  return kind === WEEKDAY && value === 0 && from !== 0 ? 7 : value;
}

function orNames({ names }: FieldKind): string {
  return names ? ` or ${names[0]} to ${names.at(-1)}` : '';
}

function everyValue(from: number, to: number, step: number): number[] {
  const values = [];
  for (let value = from; value <= to; value += step) values.push(value);
  return values;
}
