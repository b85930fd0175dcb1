// Whether an entry counts at all at a moment.

export interface Expiring {
  readonly enabled: boolean;
  readonly expires_at?: Date | undefined;
}

/** Whether an entry is enabled and not past its expiry. At the moment of its expiry it is out. */
export function isInForce(entry: Expiring, now: Date): boolean {
  return entry.enabled && (entry.expires_at === undefined || entry.expires_at > now);
}
