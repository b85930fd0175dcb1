// The times of a cron expression on a clock that never changes: arithmetic on local seconds, which are the seconds from 1970 that the
// date and time on the wall would be in UTC. `cron-next.ts` joins stretches of such a clock into a time zone.

import { type Cron, isDue } from './cron.ts';

export const DAY_SECONDS = 86_400;

/** The first local second that the expression names, in [from, until). */
export function firstLocal(cron: Cron, from: number, until: number): number | undefined {
  for (let day = dayOf(from); day * DAY_SECONDS < until; day++) {
    if (!isDueOn(cron, day)) continue;
    const time = timeAt(cron, timesBefore(cron, from - day * DAY_SECONDS));
    if (time !== undefined) return inTime(day * DAY_SECONDS + time, from, until);
  }
  return undefined;
}

/** The last local second that the expression names, in [from, until). */
export function lastLocal(cron: Cron, from: number, until: number): number | undefined {
  for (let day = dayOf(until - 1); (day + 1) * DAY_SECONDS > from; day--) {
    if (!isDueOn(cron, day)) continue;
    const time = timeAt(cron, timesBefore(cron, until - day * DAY_SECONDS) - 1);
    if (time !== undefined) return inTime(day * DAY_SECONDS + time, from, until);
  }
  return undefined;
}

/** How many local seconds the expression names in [from, until), without going through them. */
export function countLocal(cron: Cron, from: number, until: number): number {
  let count = 0;
  for (let day = dayOf(from); day * DAY_SECONDS < until; day++) {
    if (!isDueOn(cron, day)) continue;
    const midnight = day * DAY_SECONDS;
    count += timesBefore(cron, until - midnight) - timesBefore(cron, from - midnight);
  }
  return count;
}

/**
 * The first day, from a day on, on which the expression names anything; a day is a number of days from 1970. Undefined if the
 * calendar has none before `until`.
 */
export function firstDay(cron: Cron, from: number, until: number): number | undefined {
  let day = from;
  while (day < until) {
    const date = new Date(day * DAY_SECONDS * 1000);
    const month = date.getUTCMonth();
    if (isDue(cron, month + 1, date.getUTCDate(), date.getUTCDay())) return day;
    day = cron.months.includes(month + 1)
      ? day + 1
      : Date.UTC(date.getUTCFullYear(), month + 1, 1) / (DAY_SECONDS * 1000);
  }
  return undefined;
}

/** The day that a local second falls on. */
export function dayOf(second: number): number {
  return Math.floor(second / DAY_SECONDS);
}

function isDueOn(cron: Cron, day: number): boolean {
  return firstDay(cron, day, day + 1) !== undefined;
}

function inTime(second: number, from: number, until: number): number | undefined {
  return second >= from && second < until ? second : undefined;
}

/** How many times of a day come before a second of it; the seconds below 0 and past the day's end are none and all. */
function timesBefore({ hours, minutes, seconds }: Cron, second: number): number {
  const perMinute = seconds.length;
  const perHour = minutes.length * perMinute;
  if (second <= 0) return 0;
  if (second >= DAY_SECONDS) return hours.length * perHour;
  const hour = Math.floor(second / 3600);
  const minute = Math.floor(second / 60) % 60;
  const before = countBelow(hours, hour) * perHour;
  if (!hours.includes(hour)) return before;
  const inHour = before + countBelow(minutes, minute) * perMinute;
  return minutes.includes(minute) ? inHour + countBelow(seconds, second % 60) : inHour;
}

/** The second of the day of its nth time, from 0. */
function timeAt({ hours, minutes, seconds }: Cron, place: number): number | undefined {
  const hour = hours[Math.floor(place / (minutes.length * seconds.length))];
  const minute = minutes[Math.floor(place / seconds.length) % minutes.length];
  const second = seconds[place % seconds.length];
  if (hour === undefined || minute === undefined || second === undefined) return undefined;
  return hour * 3600 + minute * 60 + second;
}

function countBelow(values: readonly number[], bound: number): number {
  const place = values.findIndex((value) => value >= bound);
  return place < 0 ? values.length : place;
}
