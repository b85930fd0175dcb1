// Whether a cursor still fits a stream: it has to be of the same history, and what follows it has to be kept.

import { type Bus, eventMark, lookAt } from '@egg/bus';
import type { Point } from './cursor.ts';
import type { BreakReason, Feed } from './feed.ts';

/** Where to go on, and why that is not where the cursor says. */
export interface Judgement {
  readonly point: Point;
  readonly reason?: BreakReason;
}

/**
 * Judges one point of a cursor. Most are judged by what the gateway has; the bus is asked where it has too little, and waited for
 * where it is down. Rejects with the signal's reason, or with what the bus answers.
 */
export async function judge(bus: Bus, feed: Feed, point: Point, signal: AbortSignal): Promise<Judgement> {
  const { revision, mark } = point;
  const here = revision === feed.point.revision ? feed.point : feed.ring.get(revision);
  if (here?.mark) return isOther(mark, here.mark) ? startNow(feed) : { point };
  if (revision === 0 && feed.covers(0)) return { point };
  const look = await lookAt(bus, feed.origin.stream, revision, signal);
  // Another gateway may be a moment ahead of this one, but none is ahead of the stream.
  if (revision > Math.max(look?.last ?? 0, feed.point.revision)) return startNow(feed);
  if (look?.payload && isOther(mark, eventMark(look.payload))) return startNow(feed);
  if (look && revision + 1 < look.first) {
    return { point: { revision: look.first - 1, mark: 0 }, reason: 'too_old' };
  }
  return { point };
}

/** Of another history nothing that came before is worth telling: the client reads it all anew. */
function startNow(feed: Feed): Judgement {
  return { point: feed.point, reason: 'other_history' };
}

function isOther(mark: number, found: number): boolean {
  return mark !== 0 && found !== 0 && mark !== found;
}
