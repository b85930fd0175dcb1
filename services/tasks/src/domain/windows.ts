// Maintenance windows of a strategy: each opens when its cron expression is due and stays open for some minutes, in time that passes,
// not in time on the wall. Outside all of them nothing is handed out.

import { type Cron, neverComes, parseCron } from './cron.ts';
import { nextCron } from './cron-next.ts';
import { isTimeZone } from './cron-zone.ts';

export interface WindowInput {
  readonly cron: string;
  readonly minutes: number;
  /** UTC if not said. */
  readonly time_zone?: string | undefined;
}

/** A window that was read. */
export interface Window {
  readonly cron: Cron;
  readonly timeZone: string;
  readonly lengthMs: number;
}

export type WindowsReading =
  | { readonly ok: true; readonly windows: readonly Window[] }
  | {
      readonly ok: false;
      /** Of the window at fault. */
      readonly index: number;
      readonly field: 'cron' | 'minutes' | 'time_zone';
      /** Continues a sentence that begins with the field. */
      readonly reason: string;
    };

/** A leap year. */
const MOST_MINUTES = 366 * 24 * 60;

/** The windows of a strategy, or the field at fault and why. Never throws. */
export function readWindows(inputs: readonly WindowInput[]): WindowsReading {
  const windows: Window[] = [];
  for (const [index, { cron: text, minutes, time_zone: timeZone = 'UTC' }] of inputs.entries()) {
    const fault = (field: 'cron' | 'minutes' | 'time_zone', reason: string): WindowsReading => ({
      ok: false,
      index,
      field,
      reason,
    });
    const reading = parseCron(text);
    if (!reading.ok) return fault('cron', reading.reason);
    if (neverComes(reading.cron)) return fault('cron', 'names a date that never comes');
    if (!Number.isInteger(minutes) || minutes < 1 || minutes > MOST_MINUTES) {
      return fault('minutes', `is no whole number from 1 to ${MOST_MINUTES}`);
    }
    if (!isTimeZone(timeZone)) {
      return fault('time_zone', 'is no time zone of the IANA database, such as Europe/London');
    }
    windows.push({ cron: reading.cron, timeZone, lengthMs: minutes * 60_000 });
  }
  return { ok: true, windows };
}

/** Whether something may be handed out: a window opened at some t with t <= now < t + its minutes. Without windows it always may. */
export function isOpen(windows: readonly Window[], now: Date): boolean {
  return windows.length === 0 || windows.some((window) => isWindowOpen(window, now));
}

/** When a window is open next: now if one is. Undefined if none opens up to the year 9999. */
export function nextOpening(windows: readonly Window[], now: Date): Date | undefined {
  if (isOpen(windows, now)) return now;
  let soonest: Date | undefined;
  for (const { cron, timeZone } of windows) {
    const opening = nextCron(cron, timeZone, now);
    if (opening && (!soonest || opening < soonest)) soonest = opening;
  }
  return soonest;
}

function isWindowOpen({ cron, timeZone, lengthMs }: Window, now: Date): boolean {
  const opened = nextCron(cron, timeZone, new Date(now.getTime() - lengthMs));
  return opened !== undefined && opened <= now;
}
