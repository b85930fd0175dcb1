import { expect, test } from 'vitest';
import type { MethodContract } from '@egg/contract';
import { createLog, createMetrics, serveMetrics } from '../src/index.ts';

test('served calls are counted by method and code, and a scraper can read them', async () => {
  const metrics = createMetrics();
  metrics.observe({ path: '/egg.test.v1.S/Add' } as MethodContract, 'NOT_FOUND', 0.002);
  const served = await serveMetrics(metrics, { host: '127.0.0.1', port: 0 });
  const response = await fetch(`http://127.0.0.1:${served.port}/metrics`);
  expect(response.headers.get('content-type')).toContain('text/plain');
  const text = await response.text();
  expect(text).toContain('rpc_calls_seconds_count{method="/egg.test.v1.S/Add",code="NOT_FOUND"} 1');
  expect(text).toContain('nodejs_eventloop_lag');
  expect((await fetch(`http://127.0.0.1:${served.port}/`)).status).toBe(404);
  await served.close();
});

test('no secret reaches the log', () => {
  let line = '';
  const log = createLog({
    service: 's',
    level: 'info',
    destination: { write: (text) => void (line += text) },
  });
  log.info(
    {
      authorization: 'Bearer hush',
      request: { token: 'hush' },
      call: { metadata: { authorization: 'hush' } },
    },
    'a call',
  );
  expect(line).not.toContain('hush');
  expect(JSON.parse(line)).toMatchObject({ service: 's', level: 'info', msg: 'a call' });
});
