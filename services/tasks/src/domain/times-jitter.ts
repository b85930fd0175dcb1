// How long after its due time a schedule fires, so that many schedules of one minute do not all start in its first second.

/**
 * Milliseconds in [0, jitter], the same for the same schedule and due time on every replica. The due time itself stays as it is; so
 * the last of them may fire after `end_at`.
 */
export function jitterMs(scheduleId: number, due: Date, jitterSeconds: number): number {
  const share = hash(`${scheduleId}:${due.getTime()}`) / 2 ** 32;
  return Math.floor(share * (jitterSeconds * 1000 + 1));
}

/** FNV-1a, and the finaliser of MurmurHash3 to spread what differs in the last digits alone. In [0, 2^32). */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let place = 0; place < text.length; place++) {
    value = Math.imul(value ^ text.charCodeAt(place), 0x01000193);
  }
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}
