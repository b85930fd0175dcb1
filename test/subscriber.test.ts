// What somebody else's program needs to hear of every change: ten lines with the plain NATS client and nothing of this project.

import { connect } from '@nats-io/transport-node';
import { jetstream } from '@nats-io/jetstream';
import { expect, test } from 'vitest';
import { type DomainEntry, startStack, type TableEvent } from '@egg/testing';

const stack = await startStack();
const { http, bus } = stack;

/** The ten lines. */
async function subscribe(stream: string, count: number): Promise<TableEvent<DomainEntry>[]> {
  const events: TableEvent<DomainEntry>[] = [];
  const connection = await connect({ servers: bus.url });
  const consumer = await jetstream(connection).consumers.get(stream);
  for await (const message of await consumer.consume()) {
    events.push(message.json<TableEvent<DomainEntry>>());
    if (events.length === count) break;
  }
  await connection.close();
  return events;
}

test('a ten-line subscriber sees every change as a CloudEvent', async () => {
  const { data: added } = (await http.post<DomainEntry>('/domain/add', { domain: 'seen.example' })).body;
  const fields = { id: added.id, comment: 'seen' };
  const traced = { 'x-request-id': 'seen-2' };
  const { data: updated } = (await http.post<DomainEntry>('/domain/update', fields, traced)).body;
  await http.post('/counter/update', { field: 'counter_for_domain' });
  await http.post('/domain/delete', { id: added.id });
  const events = await subscribe(`${bus.prefix}_domain_block`, 4);
  const common = {
    specversion: '1.0',
    datacontenttype: 'application/json',
    source: 'egg/domain_block',
    actor: 'anonymous',
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as string,
  };
  expect(events).toMatchObject([
    {
      ...common,
      id: 'domain_block:1',
      type: 'egg.domain_block.added',
      subject: String(added.id),
      data: { after: added },
    },
    {
      ...common,
      id: 'domain_block:2',
      type: 'egg.domain_block.updated',
      subject: String(added.id),
      requestid: 'seen-2',
      data: { before: added, after: updated, actor: 'anonymous', requestid: 'seen-2' },
    },
    { ...common, id: 'domain_block:3', type: 'egg.domain_block.touched' },
    {
      ...common,
      id: 'domain_block:4',
      type: 'egg.domain_block.deleted',
      subject: String(added.id),
      data: { before: updated },
    },
  ]);
  expect(events[0]?.data).not.toHaveProperty('before');
  expect(events[3]?.data).not.toHaveProperty('after');
});

test('each step of a counter is an event of its own, with the value as its sequence', async () => {
  const before = await http.post<{ value: number }>('/counter/update', { field: 'counter_for_process' });
  await http.post('/process/add', { process: 'seen.exe', signature: '*' });
  const events = await subscribe(`${bus.prefix}_counter_for_process`, before.body.data.value + 1);
  expect(events.map(({ id, type, data }) => [id, type, data.field, data.value])).toEqual(
    events.map((_, index) => [
      `counter_for_process:${index + 1}`,
      'egg.counter.incremented',
      'counter_for_process',
      index + 1,
    ]),
  );
});

test('an event is there though the bus was not read when it happened, and a process has its own stream', async () => {
  const { body } = await http.post<DomainEntry>('/process/add', { process: 'late.exe', signature: '*' });
  const events = await subscribe(`${bus.prefix}_process_block`, body.data.revision);
  expect(events.at(-1)?.data.after).toEqual(body.data);
});
