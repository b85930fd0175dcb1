// What was blocked, by name and day: how names are counted, and how counts are kept so that the newest day comes first.

export type Kind = 'domain' | 'process';

export interface Counted {
  readonly kind: Kind;
  readonly name: string;
  readonly count: number;
}

const DAY_MS = 86_400_000;
/** Days are counted down from here in keys: 9999-12-31 is far below. */
const LAST_DAY = 9_999_999;
const DIGITS = 7;

/** A domain's one form: lower case, without a dot at its end; undefined for what has nothing else. */
export function countedDomain(domain: string): string | undefined {
  const name = domain.toLowerCase().replace(/\.$/, '');
  return name === '' ? undefined : name;
}

/** The UTC day of a time, such as `2026-01-31`. */
export function dayOf(time: Date): string {
  return time.toISOString().slice(0, 10);
}

/** Whether a text is a day that there is. */
export function isDay(text: string): boolean {
  const time = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(time.getTime()) && dayOf(time) === text;
}

/** The day so many days before another. */
export function daysBefore(day: string, days: number): string {
  return dayOf(new Date(numberOf(day) * DAY_MS - days * DAY_MS));
}

/** What the keys of a day begin with; those of later days come first. */
export function dayPrefix(day: string): string {
  return `${String(LAST_DAY - numberOf(day)).padStart(DIGITS, '0')}:`;
}

/** The key of a count. */
export function countKey(day: string, kind: Kind, name: string): string {
  return `${dayPrefix(day)}${kind}:${name}`;
}

/** All counts of one name together, each name once. */
export function summed(counts: Iterable<Counted>): Counted[] {
  const sums = new Map<string, Counted>();
  for (const { kind, name, count } of counts) {
    const key = `${kind}:${name}`;
    sums.set(key, { kind, name, count: (sums.get(key)?.count ?? 0) + count });
  }
  return [...sums.values()];
}

function numberOf(day: string): number {
  return Math.floor(Date.parse(`${day}T00:00:00Z`) / DAY_MS);
}
