// A cron expression: five fields (minute, hour, day of month, month, day of week), or six with the second first. Nicknames such as
// `@daily` are refused, as the expression has fields and nothing else.
//
// Only a field written `*` is open. A step, a list or a range, even one that covers everything (`*/1`, `0-23`), restricts a day field
// and fixes the hour field; what follows from that is said where it is used, in `neverComes`, `isDue` and `cron-next.ts`.

import {
  DAY,
  type FieldKind,
  type FieldReading,
  HOUR,
  MINUTE,
  MONTH,
  readField,
  SECOND,
  WEEKDAY,
} from './cron-field.ts';

export interface Cron {
  /** Each rising, without repetition, never empty. */
  readonly seconds: readonly number[];
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  readonly days: readonly number[];
  /** From 1. */
  readonly months: readonly number[];
  /** From Sunday, 0, to Saturday, 6. */
  readonly weekdays: readonly number[];
  readonly anyHour: boolean;
  readonly anyDay: boolean;
  readonly anyWeekday: boolean;
}

export type CronReading =
  { readonly ok: true; readonly cron: Cron } | { readonly ok: false; readonly reason: string };

const FIELDS: readonly FieldKind[] = [SECOND, MINUTE, HOUR, DAY, MONTH, WEEKDAY];
/** More than all six fields with each value written out. */
const LONGEST_TEXT = 1024;
/** Of January on; the 29 February comes in some years. */
const LONGEST_MONTHS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/**
 * Reads an expression, never throws. A `reason` continues a sentence: "cron has 4 fields; five or six are taken". A date that no year
 * has is not refused here; ask `neverComes`.
 */
export function parseCron(text: string): CronReading {
  if (text.length > LONGEST_TEXT) return refused(`is longer than ${LONGEST_TEXT} characters`);
  const words = text.split(/[ \t]+/).filter((word) => word !== '');
  if (words[0]?.startsWith('@'))
    return refused('is a nickname; write its fields, such as 0 0 * * * for each day');
  if (words.length !== 5 && words.length !== 6) {
    return refused(`has ${words.length} ${words.length === 1 ? 'field' : 'fields'}; five or six are taken`);
  }
  if (words.length === 5) words.unshift('0');
  const read: (FieldReading & { ok: true })[] = [];
  for (const [place, kind] of FIELDS.entries()) {
    const field = readField(words[place] ?? '', kind);
    if (!field.ok) return refused(field.reason);
    read.push(field);
  }
  const [seconds, minutes, hours, days, months, weekdays] = read;
  if (!seconds || !minutes || !hours || !days || !months || !weekdays) return refused('lacks a field');
  const cron = {
    seconds: seconds.values,
    minutes: minutes.values,
    hours: hours.values,
    days: days.values,
    months: months.values,
    weekdays: [...new Set(weekdays.values.map((weekday) => weekday % 7))].sort((a, b) => a - b),
    anyHour: hours.any,
    anyDay: days.any,
    anyWeekday: weekdays.any,
  };
  return { ok: true, cron };
}

/** Whether no year has a date for the expression, as for 30 February. A day of week that is given beside it does come. */
export function neverComes(cron: Cron): boolean {
  if (!cron.anyWeekday) return false;
  const first = cron.days[0] ?? 1;
  return cron.months.every((month) => (LONGEST_MONTHS[month - 1] ?? 0) < first);
}

/** Whether the expression holds on a date. Day of month and day of week both given means either. */
export function isDue(cron: Cron, month: number, day: number, weekday: number): boolean {
  if (!cron.months.includes(month)) return false;
  if (cron.anyWeekday) return cron.days.includes(day);
  if (cron.anyDay) return cron.weekdays.includes(weekday);
  return cron.days.includes(day) || cron.weekdays.includes(weekday);
}

function refused(reason: string): CronReading {
  return { ok: false, reason };
}
