// When all is over: what was answered is in the log, once and as it was answered; what is in the log was asked for; and list,
// changes, history and bus all tell the same.

import { expect } from 'vitest';
import {
  applyChanges,
  type DomainEntry,
  foldEvents,
  type HttpClient,
  readChanges,
  readEvents,
  readList,
  type ReceivedEvent,
  sorted,
} from '@egg/testing';
import type { Record, Write } from './record.ts';

const SAMPLES = 10;

/** Throws where anything is lost, there twice, or told differently in two places. Answers with the head of the log. */
export async function verify(
  http: HttpClient,
  bus: { readonly url: string; readonly prefix: string },
  record: Record,
): Promise<number> {
  expect(record.faults).toEqual([]);
  const counters = await http.get<{ value: number }[]>('/counter/list?field=counter_for_domain');
  const head = counters.body.data[0]?.value ?? 0;
  const events = await readEvents<DomainEntry>(bus, 'domain_block', head);
  const wrongIds = events.filter(({ sequence, event }) => event.id !== `domain_block:${sequence}`);
  expect(wrongIds).toEqual([]);
  checkWrites(record, events);

  const steps = await readEvents(bus, 'counter_for_domain', head);
  expect(steps.filter(({ sequence, event }) => event.data.value !== sequence)).toEqual([]);
  expect(steps.map(({ event }) => event.requestid)).toEqual(events.map(({ event }) => event.requestid));

  const list = sorted(await readList(http, '/domain/list'));
  expect(list).toEqual(sorted(foldEvents(events)));
  expect(sorted(applyChanges(new Map(), await readChanges(http, '/domain/changes', 0)))).toEqual(list);
  for (let sample = 0; sample < SAMPLES; sample++) {
    const since = Math.floor(Math.random() * head);
    const then = await readList(http, '/domain/list', { revision: since });
    expect(sorted(then)).toEqual(sorted(foldEvents(events.slice(0, since))));
    const changes = await readChanges(http, '/domain/changes', since, head);
    expect(sorted(applyChanges(then, changes)), `since ${since}`).toEqual(list);
    await checkHistory(http, events, events[since]?.event.subject);
  }
  return head;
}

function checkWrites(record: Record, events: readonly ReceivedEvent<DomainEntry>[]): void {
  const written = Map.groupBy(events, ({ event }) => event.requestid ?? '');
  const known = new Set(record.writes.map(({ requestId }) => requestId));
  expect(
    [...written.keys()].filter((id) => !known.has(id)),
    'commits that nobody asked for',
  ).toEqual([]);
  expect(
    [...written].filter(([, commits]) => commits.length > 1),
    'writes that were done twice',
  ).toEqual([]);
  expect(
    record.writes.filter(({ outcome, requestId }) => outcome === 'refused' && written.has(requestId)),
    'writes that were refused and done',
  ).toEqual([]);
  const wrong = record.writes.filter(
    (write) => write.outcome === 'answered' && !isDoneAs(write, written.get(write.requestId)?.[0]),
  );
  expect(wrong, 'writes that were answered and not done, or otherwise').toEqual([]);
}

function isDoneAs(write: Write, commit: ReceivedEvent<DomainEntry> | undefined): boolean {
  if (commit?.sequence !== write.revision || commit?.to !== `domain_block.${write.verb}`) return false;
  if (!write.row) return true;
  const { before, after } = commit.event.data;
  // A deletion is answered with the record as it was, and the revision of its going.
  const told = write.verb === 'deleted' ? { ...before, revision: write.revision } : after;
  return JSON.stringify(told) === JSON.stringify(write.row);
}

async function checkHistory(
  http: HttpClient,
  events: readonly ReceivedEvent<DomainEntry>[],
  id: string | undefined,
): Promise<void> {
  if (id === undefined) return;
  const { body } = await http.get<{ revision: number; before?: DomainEntry; after?: DomainEntry }[]>(
    `/domain/history?id=${id}`,
  );
  expect(body.data.map(({ revision, before, after }) => ({ revision, before, after }))).toEqual(
    events
      .filter(({ event }) => event.subject === id)
      .map(({ sequence, event: { data } }) => ({
        revision: sequence,
        before: data.before,
        after: data.after,
      })),
  );
}
