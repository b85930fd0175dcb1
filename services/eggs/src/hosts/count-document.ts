// How often something was blocked on one day, in a collection of its own.

import type { Database } from '@egg/store';
import type { Kind } from '../domain/blocked.ts';

export interface CountDocument {
  /** `countKey` */
  readonly _id: string;
  readonly day: string;
  readonly kind: Kind;
  readonly name: string;
  readonly count: number;
  /** The last batch of each process that is in the count. */
  readonly applied: Readonly<Record<string, number>>;
}

/** The collection of all counts. */
export function blockedCounts(database: Pick<Database, 'collection'>) {
  return database.collection<CountDocument>('blocked_counts');
}
