// A message of the bus as listeners get it.

import { type BusMessage, eventMark } from '@egg/bus';
import type { Point } from './cursor.ts';
import { publicSubject, typeOf } from './origins.ts';
import type { Parts } from './patterns.ts';
import { eventBody } from './sse.ts';

export interface FeedEvent extends Point {
  /** As clients see it. */
  readonly subject: Parts;
  /** The event as it is sent, without its id. */
  readonly body: Buffer;
}

/** Makes the event of a message. The payload is not read, only copied, but for what the mark needs. */
export function feedEvent({ subject: full, revision, payload }: BusMessage): FeedEvent {
  const subject = publicSubject(full);
  return { subject, revision, mark: eventMark(payload), body: eventBody(typeOf(subject), payload) };
}
