// Thousands of listeners on one gateway while the lists change.

import { expect, test, vi } from 'vitest';
import { startStack } from '@egg/testing';
import { RawListener } from './raw-listener.ts';

const LISTENERS = 2000;
const SECONDS = 30;
const CHANGES_PER_SECOND = 200;
const STEP_MS = 50;
/** What they ask for, and the streams that they have to hear all of. */
const WANTED: readonly [subjects: string, streams: readonly string[]][] = [
  ['egg.domain_block.%3E', ['domain_block']],
  ['egg.counter.incremented.*', ['counter_for_domain', 'counter_for_process']],
  ['egg.process_block.added', ['process_block']],
  ['egg.counter.incremented.counter_for_domain', ['counter_for_domain']],
  ['egg.%3E', ['domain_block', 'process_block', 'counter_for_domain', 'counter_for_process']],
];

const stack = await startStack();
const port = Number(new URL(stack.http.url).port);

// On a machine that is busy with other things the changes come more slowly; what was reached is printed.
test(`${LISTENERS} listeners hear all they asked for while up to ${CHANGES_PER_SECOND} changes a second go by`, async () => {
  await write('domain', 'first');
  await write('process', 'first');
  const alone = await memoryMiB();
  const listeners: RawListener[] = [];
  for (let index = 0; index < LISTENERS; index += 1) {
    listeners.push(new RawListener(port, wanted(index)[0]));
    if (index % 100 === 99) await Promise.all(listeners.slice(-100).map((listener) => listener.open()));
  }
  await vi.waitFor(() => expect(listeners.every(({ lastId }) => lastId !== '')).toBe(true), 20_000);
  const idle = await memoryMiB();
  const slow = new RawListener(port, 'egg.%3E');
  await slow.open();
  slow.stopReading();

  const cut = listeners.filter((_, index) => index % 41 === 7);
  const cpuBefore = await metric('process_cpu_seconds_total');
  const startedMs = performance.now();
  const writes: Promise<void>[] = [];
  let most = 0;
  for (let step = 0; step < (SECONDS * 1000) / STEP_MS; step += 1) {
    for (let n = 0; n < (CHANGES_PER_SECOND * STEP_MS) / 1000; n += 1) {
      writes.push(write(n % 2 === 0 ? 'domain' : 'process', `${step}-${n}`));
    }
    const victim = step % 10 === 5 ? cut[(step / 10) | 0] : undefined;
    if (victim) {
      victim.cut();
      setTimeout(() => void victim.open(), 20 + (step % 7) * 150);
    }
    if (step % 40 === 0) most = Math.max(most, await memoryMiB());
    const untilMs = startedMs + (step + 1) * STEP_MS - performance.now();
    if (untilMs > 0) await new Promise((resolve) => setTimeout(resolve, untilMs));
  }
  await Promise.all(writes);
  const writtenMs = performance.now() - startedMs;
  const changes = writes.length / 2 + 1;
  const isThrough = (listener: RawListener, index: number): boolean =>
    wanted(index)[1].every((stream) => listener.last.get(stream) === changes);
  await vi.waitFor(
    () => expect(listeners.filter((one, index) => !isThrough(one, index))).toEqual([]),
    60_000,
  );
  const throughMs = performance.now() - startedMs;
  const cpu = (await metric('process_cpu_seconds_total')) - cpuBefore;

  const faults = listeners.flatMap(({ faults }) => faults);
  expect(faults).toEqual([]);
  for (const [index, { count }] of listeners.entries()) {
    expect(count).toBe(wanted(index)[1].length * (changes - 1));
  }
  await vi.waitFor(async () => expect(await metric('event_listeners')).toBe(LISTENERS), 60_000);
  expect(await metric('event_listeners_dropped_total')).toBe(1);
  const total = listeners.reduce((sum, { count }) => sum + count, 0);
  console.log(
    `${writes.length} changes in ${(writtenMs / 1000).toFixed(1)} s (${Math.round((writes.length * 1000) / writtenMs)}/s), ` +
      `told ${total} times by ` +
      `${(throughMs / 1000).toFixed(1)} s; the gateway: ${cpu.toFixed(1)} s of CPU, ${alone} MiB alone, ${idle} MiB with ` +
      `${LISTENERS} idle (${(((idle - alone) * 1024) / LISTENERS).toFixed(1)} KiB each), ${most} MiB at most under load`,
  );
  listeners.forEach((listener) => listener.cut());
});

function wanted(index: number): (typeof WANTED)[number] {
  return WANTED[index % WANTED.length] as (typeof WANTED)[number];
}

async function write(kind: 'domain' | 'process', name: string): Promise<void> {
  const record =
    kind === 'domain' ? { domain: `host-${name}.example` } : { process: `${name}.exe`, signature: '*' };
  const { body } = await stack.http.post(`/${kind}/add`, record);
  if (body.status !== 0) throw new Error(JSON.stringify(body));
}

async function memoryMiB(): Promise<number> {
  return Math.round((await metric('process_resident_memory_bytes')) / 1024 / 1024);
}

async function metric(name: string): Promise<number> {
  const text = await (await fetch(`${stack.http.url}/metrics`)).text();
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1] ?? NaN);
}
