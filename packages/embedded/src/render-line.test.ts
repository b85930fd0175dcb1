import { expect, test } from 'vitest';
import { renderLine } from './render-line.ts';

test('shows the JSON of a service short: time, level, message, fields', () => {
  const record = {
    level: 40,
    time: Date.UTC(2026, 0, 2, 3, 4, 5, 6),
    pid: 1,
    hostname: 'h',
    table: 'domain',
    rows: 3,
  };
  expect(renderLine('eggs', JSON.stringify({ ...record, msg: 'slow' }))).toBe(
    'eggs       | 03:04:05.006 WARN slow table=domain rows=3',
  );
});

test('shows the stack of an error below', () => {
  const line = JSON.stringify({
    level: 50,
    msg: 'failed',
    err: { message: 'x', stack: 'Error: x\n    at y' },
  });
  expect(renderLine('eggs', line)).toBe(
    'eggs       | ERROR failed\neggs       |   Error: x\neggs       |       at y',
  );
});

test.for(['plain text', '{"half": ', '{"no":"level"}', '{}'])('shows as it is: %s', (line) => {
  expect(renderLine('nats', line)).toBe(`nats       | ${line}`);
});
