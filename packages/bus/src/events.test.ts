import { describe, expect, test } from 'vitest';
import { commit } from '../test/array-log.ts';
import { type BusEvent, counterEvent, eventMark, tableEvent, tellTheSame } from './events.ts';

const OPTIONS = { prefix: 'egg', table: 'domain_block' };
const AT = new Date('2026-02-03T04:05:06.007Z');
const read = ({ payload }: BusEvent): Record<string, unknown> =>
  JSON.parse(new TextDecoder().decode(payload)) as Record<string, unknown>;
const base = { at: AT, actor: 'token:panel', requestId: 'r-1' };

describe('the event of a commit', () => {
  test('is a CloudEvent with the record that was added', () => {
    const event = tableEvent(
      OPTIONS,
      commit(7, { ...base, changes: [{ id: 3, after: { id: 3, created_at: AT } }] }),
      1e6,
    );
    expect(event.subject).toBe('egg.domain_block.added');
    expect(event.headers).toEqual({ 'content-type': 'application/cloudevents+json' });
    expect(read(event)).toEqual({
      specversion: '1.0',
      id: 'domain_block:7',
      source: 'egg/domain_block',
      type: 'egg.domain_block.added',
      subject: '3',
      time: '2026-02-03T04:05:06.007Z',
      datacontenttype: 'application/json',
      actor: 'token:panel',
      requestid: 'r-1',
      data: {
        after: { id: 3, created_at: '2026-02-03T04:05:06.007Z' },
        actor: 'token:panel',
        requestid: 'r-1',
      },
    });
  });

  test('has both for an update, and only what was for a deletion', () => {
    const update = commit(1, { verb: 'updated', changes: [{ id: 3, before: { a: 1 }, after: { a: 2 } }] });
    expect(read(tableEvent(OPTIONS, update, 1e6))['data']).toMatchObject({
      before: { a: 1 },
      after: { a: 2 },
    });
    const gone = read(
      tableEvent(OPTIONS, commit(1, { verb: 'deleted', changes: [{ id: 3, before: { a: 1 } }] }), 1e6),
    );
    expect(gone).toMatchObject({
      type: 'egg.domain_block.deleted',
      subject: '3',
      data: { before: { a: 1 } },
    });
    expect(gone['data']).not.toHaveProperty('after');
  });

  test.for([
    { changes: [] },
    {
      changes: [
        { id: 1, after: { a: 1 } },
        { id: 2, before: { a: 2 } },
      ],
    },
  ])('lists its changes where they are not one: %j', ({ changes }) => {
    const event = read(tableEvent(OPTIONS, commit(1, { ...base, changes }), 1e6));
    expect(event).not.toHaveProperty('subject');
    expect(event['data']).toEqual({ changes, actor: 'token:panel', requestid: 'r-1' });
  });

  test('has no records where they are too large, but still its subject', () => {
    const large = commit(1, { ...base, changes: [{ id: 3, after: { text: 'é'.repeat(600) } }] });
    const event = tableEvent(OPTIONS, large, 1000);
    expect(event.payload.length).toBeLessThan(1000);
    expect(read(event)).toMatchObject({ subject: '3', requestid: 'r-1' });
    expect(read(event)['data']).toEqual({ truncated: true, actor: 'token:panel', requestid: 'r-1' });
    const several = { ...large, changes: [...large.changes, { id: 4, after: {} }] };
    expect(read(tableEvent(OPTIONS, several, 1000))).not.toHaveProperty('subject');
  });

  test('has another subject but the same type under another prefix', () => {
    const event = tableEvent({ ...OPTIONS, prefix: 't1' }, commit(1), 1e6);
    expect(event.subject).toBe('t1.domain_block.added');
    expect(read(event)['type']).toBe('egg.domain_block.added');
  });
});

test('the event of a counter says its value', () => {
  const event = counterEvent({ prefix: 'egg', field: 'counter_for_domain' }, commit(12, base));
  expect(event.subject).toBe('egg.counter.incremented.counter_for_domain');
  expect(read(event)).toMatchObject({
    id: 'counter_for_domain:12',
    type: 'egg.counter.incremented',
    data: { field: 'counter_for_domain', value: 12, actor: 'token:panel', requestid: 'r-1' },
  });
});

test('two payloads tell the same if they are of the same commit, however it is told', () => {
  const one = tableEvent(OPTIONS, commit(5), 1e6).payload;
  expect(tellTheSame(one, tableEvent(OPTIONS, commit(5), 400).payload)).toBe(true);
  expect(tellTheSame(one, tableEvent(OPTIONS, commit(5, { at: AT }), 1e6).payload)).toBe(false);
  expect(tellTheSame(one, tableEvent(OPTIONS, commit(5, { requestId: 'x' }), 1e6).payload)).toBe(false);
  expect(tellTheSame(one, new Uint8Array())).toBe(false);
});

test('an event has a mark that is the same however much of it is told, and another one in another history', () => {
  const text = ',"data":{"after":1}}';
  const rest = { actor: text, changes: [{ id: 1, after: { id: 1, text } }] };
  const whole = eventMark(tableEvent(OPTIONS, commit(5, rest), 1e6).payload);
  expect(whole).toBeGreaterThan(0);
  expect(eventMark(tableEvent(OPTIONS, commit(5, rest), 10).payload)).toBe(whole);
  const others = [
    commit(6, rest),
    commit(5, { ...rest, at: AT }),
    commit(5, { ...rest, requestId: 'x' }),
    commit(5, { ...rest, actor: 'x' }),
  ];
  for (const other of others)
    expect(eventMark(tableEvent(OPTIONS, other, 1e6).payload), JSON.stringify(other)).not.toBe(whole);
  for (const none of ['', '{}', 'null', '[', 'x'])
    expect(eventMark(new TextEncoder().encode(none)), none).toBe(0);
});
