// Whether two records are due at the same times.

import type { TimingInput } from './times.ts';

type Times = Omit<TimingInput, 'created_at'>;

const FIELDS = ['cron', 'every_seconds', 'at', 'time_zone', 'start_at', 'end_at'] as const;

/** By what is written: two expressions that mean the same are others. */
export function isSameTiming(one: Times, other: Times): boolean {
  return FIELDS.every((field) => written(one[field]) === written(other[field]));
}

function written(value: Times[keyof Times]): string | number | undefined {
  return value instanceof Date ? value.getTime() : value;
}
