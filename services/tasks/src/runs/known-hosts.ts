// The hosts that are known, read from the eggs service window by window: those that have enrolled, for others cannot come.

import type { ServiceParts } from '@egg/service';
import type { TargetHost } from '../domain/target.ts';

export interface KnownHost extends TargetHost {
  readonly name: string;
}

/** Reads all known hosts, in order of their ids, some at a time. Throws UNAVAILABLE. */
export type ScanHosts = (ids?: readonly number[]) => AsyncIterable<readonly KnownHost[]>;

const LONGEST_MS = 10 * 60_000;

/** How they are read. */
export function hostScanner(others: Pick<ServiceParts['others'], 'stream'>): ScanHosts {
  return async function* (ids = []) {
    const replies = others.stream<{ hosts: KnownHost[] }>(
      'egg.eggs.v1.HostService',
      'Scan',
      { ids: [...ids] },
      { deadline: Date.now() + LONGEST_MS },
    );
    for await (const { hosts } of replies) yield hosts;
  };
}
