// Whether an entry protects or takes protection away, for those who have to do the one before the other.

import { type Expiring, isInForce } from './in-force.ts';
import type { Action } from './precedence.ts';

/** 1 for a block in force, -1 for an allow in force, 0 for an entry that matches nothing now. */
export function strengthOf(entry: Expiring & { readonly action: Action }, at: Date): number {
  if (!isInForce(entry, at)) return 0;
  return entry.action === 'block' ? 1 : -1;
}
