// When a host is to come again: spread, so that hosts that started together do not stay together, and later while there is much to do.

/** Of the interval, to either side. */
const SPREAD = 0.1;
const MOST_FACTOR = 10;
/** Up to here nobody is late for it. */
const EASY_UTILISATION = 0.7;
const EASY_WAIT_MS = 500;
/** A wait at which the interval is raised as far as it goes. */
const HARD_WAIT_MS = 3000;
/** How much of the way to what the moment says is gone in one step: up soon, down slowly, because all come back when it is over. */
const RISE = 0.4;
const FALL = 0.05;

/** What a process has to bear. */
export interface Load {
  /** How much of the time the process was busy, 0 to 1. */
  readonly utilisation: number;
  /** How long a check-in waited for the database, in milliseconds. */
  readonly waitMs: number;
}

/**
 * Seconds until the next check-in, for an interval in seconds and a load factor: within a tenth of their product, in whole seconds,
 * rounded at random so that short ones spread too, and at least 1. `random` gives numbers in [0, 1).
 */
export function nextCheckIn(seconds: number, factor: number, random: () => number): number {
  const spread = seconds * factor * (1 - SPREAD + 2 * SPREAD * random());
  const whole = Math.floor(spread);
  return Math.max(1, random() < spread - whole ? whole + 1 : whole);
}

/** What was to bear all the time: a moment of it, such as a start, is no reason to send hosts away. */
export function sustained(loads: readonly Load[]): Load {
  if (loads.length === 0) return { utilisation: 0, waitMs: 0 };
  return {
    utilisation: Math.min(...loads.map(({ utilisation }) => utilisation)),
    waitMs: Math.min(...loads.map(({ waitMs }) => waitMs)),
  };
}

/** The factor, 1 to 10, that follows the one before under a load; to be asked for about once a second. */
export function nextFactor(before: number, { utilisation, waitMs }: Load): number {
  const busy = (utilisation - EASY_UTILISATION) / (1 - EASY_UTILISATION);
  const late = (waitMs - EASY_WAIT_MS) / (HARD_WAIT_MS - EASY_WAIT_MS);
  const strain = Math.min(1, Math.max(0, busy, late));
  const wanted = 1 + (MOST_FACTOR - 1) * strain;
  const next = before + (wanted - before) * (wanted > before ? RISE : FALL);
  return Math.min(MOST_FACTOR, Math.max(1, next));
}
