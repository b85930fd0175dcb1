// What check-ins make of a host's state: when it was last seen, what runs on it, and whether a check-in was taken before.

/** An egg as a host reports it. */
interface ReportedEgg {
  readonly egg: string;
  readonly version: string;
}

/** By what a check-in is known again. */
interface Known {
  /** What the client calls it, where it does. */
  readonly key?: string;
  /** Of its body. */
  readonly hash: string;
  readonly at: Date;
}

export interface HostState {
  readonly last_seen_at: Date;
  /** Until then it is online, if it does not check in again. */
  readonly online_until: Date;
  /** What it was told. */
  readonly interval_seconds: number;
  readonly online: boolean;
  /** How often it has become online or offline; odd while it is online. */
  readonly turns: number;
  readonly eggs: readonly (ReportedEgg & { readonly since: Date })[];
  /** The last check-ins, the newest at the end. */
  readonly recent: readonly Known[];
}

export interface Report extends Known {
  readonly eggs: readonly ReportedEgg[];
  /** When the host is told to come again, in seconds. */
  readonly intervalSeconds: number;
}

/**
 * What a report does: it is a `new` check-in; or it was taken before, and then the host is at most seen again (`seen`), or not even that
 * (`known`). `other_body`: its key was used for another report.
 */
export type Taken =
  | { readonly kind: 'known'; readonly state: HostState }
  | { readonly kind: 'new' | 'seen'; readonly state: HostState }
  | { readonly kind: 'other_body' };

/** A host is online while it has checked in within so many of its intervals. */
const INTERVALS = 3;
/** A client that repeats a check-in has made no more than these since. */
const REMEMBERED = 8;

/** Takes a report. The state is undefined for a host that was never seen. */
export function takeReport(before: HostState | undefined, report: Report): Taken {
  const earlier = before && earlierOf(before, report);
  if (!before || !earlier) return { kind: 'new', state: changed(before, report) };
  if (earlier.hash !== report.hash) return { kind: 'other_body' };
  if (isOnline(before, report.at) && isRecent(before, before.last_seen_at, report.at))
    return { kind: 'known', state: before };
  const { eggs, recent } = before;
  return { kind: 'seen', state: { ...changed(before, report), eggs, recent } };
}

/** Whether a host is online: not one that is overdue, though nobody has seen it yet. */
export function isOnline(
  { online, online_until }: Pick<HostState, 'online' | 'online_until'>,
  now: Date,
): boolean {
  return online && online_until >= now;
}

/** A host that was not seen for too long. */
export function gone(state: HostState): HostState {
  return { ...state, online: false, turns: state.turns + 1 };
}

/** Without a key, the same body soon after is the same check-in; later it only says the same again. */
function earlierOf(before: HostState, { key, hash, at }: Report): Known | undefined {
  if (key !== undefined) return before.recent.find((known) => known.key === key);
  const last = before.recent.at(-1);
  if (!last || last.key !== undefined || last.hash !== hash) return undefined;
  return isRecent(before, last.at, at) ? last : undefined;
}

function isRecent({ interval_seconds }: HostState, then: Date, now: Date): boolean {
  return now.getTime() - then.getTime() < (interval_seconds * 1000) / 2;
}

function changed(before: HostState | undefined, report: Report): HostState {
  const { key, hash, at, eggs, intervalSeconds } = report;
  const until = at.getTime() + INTERVALS * intervalSeconds * 1000;
  const known = { ...(key !== undefined && { key }), hash, at };
  return {
    // The clocks of replicas differ.
    last_seen_at: later(before?.last_seen_at, at),
    online_until: later(before?.online_until, new Date(until)),
    interval_seconds: intervalSeconds,
    online: true,
    turns: turnsAt(before, at) + 1 - (turnsAt(before, at) % 2),
    eggs: eggs.map(({ egg, version }) => ({ egg, version, since: sinceOf(before, egg, version) ?? at })),
    recent: [...(before?.recent ?? []), known].slice(-REMEMBERED),
  };
}

/** Odd while it is online: also one that is overdue has turned, though nobody has seen it yet. */
function turnsAt(before: HostState | undefined, at: Date): number {
  if (!before) return 0;
  return before.turns + (before.online && !isOnline(before, at) ? 1 : 0);
}

function sinceOf(before: HostState | undefined, egg: string, version: string): Date | undefined {
  return before?.eggs.find((one) => one.egg === egg && one.version === version)?.since;
}

function later(one: Date | undefined, other: Date): Date {
  return one && one > other ? one : other;
}
