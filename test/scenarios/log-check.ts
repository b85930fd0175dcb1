// What the bus has of the list of domains, held against what callers were answered and what the server lists.

import { expect } from 'vitest';
import { type DomainEntry, foldEvents, readEvents, readList, sorted, type Stack } from '@egg/testing';
import type { Answered } from './load.ts';

const DOMAINS = 'domain_block';
const COUNTER = 'counter_for_domain';

/** Checks that the answers are the whole log: each revision once, told of once and in order, and nothing else. */
export async function expectWholeLog(
  { http, bus }: Pick<Stack, 'http' | 'bus'>,
  answered: readonly Answered[],
): Promise<void> {
  const head = answered.length;
  const counters = await http.get<{ field: string; value: number }[]>(`/counter/list?field=${COUNTER}`);
  expect(counters.body.data).toEqual([{ field: COUNTER, value: head }]);
  const byRevision = [...answered].sort((a, b) => a.revision - b.revision);
  expect(byRevision.map(({ revision }) => revision)).toEqual(byRevision.map((_, index) => index + 1));

  const events = await readEvents<DomainEntry>(bus, DOMAINS, head);
  expect(events.map(({ sequence, to, event }) => [sequence, to, event.id, event.requestid])).toEqual(
    byRevision.map(({ revision, verb, requestId }) => [
      revision,
      `${DOMAINS}.${verb}`,
      `${DOMAINS}:${revision}`,
      requestId,
    ]),
  );
  expect(sorted(foldEvents(events))).toEqual(sorted(await readList(http, '/domain/list')));

  const steps = await readEvents(bus, COUNTER, head);
  expect(steps.map(({ sequence, event }) => [sequence, event.data.field, event.data.value])).toEqual(
    byRevision.map(({ revision }) => [revision, COUNTER, revision]),
  );
}
