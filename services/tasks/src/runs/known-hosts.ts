// The hosts that are known, read from the eggs service window by window: those that have enrolled, for others cannot come.

import type { RunStrategy } from '@egg/contract/types/tasks';
import type { ServiceParts } from '@egg/service';
import type { TargetHost } from '../domain/target.ts';

export interface KnownHost extends TargetHost {
  readonly name: string;
}

/**
 * Reads the known hosts that a target may match, in order of their ids, some at a time; what they run only where that decides it. Throws
 * UNAVAILABLE.
 */
export type ScanHosts = (target: RunStrategy['target']) => AsyncIterable<readonly KnownHost[]>;

const LONGEST_MS = 10 * 60_000;

/** How they are read. */
export function hostScanner(others: Pick<ServiceParts['others'], 'stream'>): ScanHosts {
  return async function* ({ hosts: ids = [], eggs = [] }) {
    const replies = others.stream<{ hosts: KnownHost[] }>(
      'egg.eggs.v1.HostService',
      'Scan',
      { ids, with_eggs: eggs.length > 0 },
      { deadline: Date.now() + LONGEST_MS },
    );
    for await (const { hosts } of replies) yield hosts;
  };
}
