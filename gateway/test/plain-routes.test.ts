// What the gateway says of itself: health, readiness, numbers, its description.

import { afterAll, expect, test } from 'vitest';
import { openApi } from '@egg/contract';
import { fakeApp, PACKAGES } from './fake-app.ts';
import { contract } from './fake-channel.ts';

const fake = await fakeApp();
const { app, channel } = fake;
afterAll(() => fake[Symbol.asyncDispose]());

/** What `/readyz` says of the parts. */
const parts = (ready: boolean): object =>
  Object.fromEntries(PACKAGES.map((name) => [name.split('.')[1], { ready }]));

test('it lives', async () => {
  expect((await app.inject('/healthz')).json()).toEqual({ status: 0, msg: 'ok' });
});

test('it is ready when every service is, and says which is not', async () => {
  await using other = await fakeApp();
  expect((await other.app.inject('/readyz')).json()).toEqual({
    status: 0,
    msg: 'ok',
    data: parts(true),
  });
  other.channel.isHealthy = false;
  await expect.poll(async () => (await other.app.inject('/readyz')).statusCode).toBe(503);
  const answer = await other.app.inject('/readyz');
  expect(answer.json()).toEqual({
    status: 1,
    msg: `not ready: ${Object.keys(parts(false)).join(', ')}`,
    code: 'UNAVAILABLE',
    errors: [],
    request_id: answer.headers['x-request-id'],
    data: parts(false),
  });
});

test('a service that does not answer is not ready, within a bound; many who ask make one check', async () => {
  await using other = await fakeApp();
  let checks = 0;
  other.channel.healthy = () => {
    checks++;
    return new Promise(() => {});
  };
  const answers = await Promise.all(Array.from({ length: 20 }, () => other.app.inject('/readyz')));
  expect(answers.map(({ statusCode }) => statusCode)).toEqual(Array(20).fill(503));
  expect(checks).toBe(PACKAGES.length);
});

test('a query is no part of these routes', async () => {
  for (const path of ['/healthz', '/readyz', '/metrics', '/openapi.json']) {
    const answer = await app.inject(`${path}?x=1`);
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({ errors: [{ field: 'x' }] });
  }
});

test('the numbers count requests by route, method and status', async () => {
  channel.on('/egg.blocklists.v1.CounterService/List', () => ({ data: [] }));
  await app.inject('/counter/list');
  await app.inject('/domain/list?limit=0');
  await app.inject('/nope');
  const answer = await app.inject('/metrics');
  expect(answer.headers['content-type']).toContain('text/plain');
  expect(answer.body).toContain(
    'http_request_seconds_count{route="/counter/list",method="GET",status="200"} 1',
  );
  expect(answer.body).toContain(
    'http_request_seconds_count{route="/domain/list",method="GET",status="400"} 1',
  );
  expect(answer.body).toContain('http_request_seconds_count{route="none",method="GET",status="404"}');
  expect(answer.body).toContain('process_cpu_seconds_total');
});

test('the description is the contract', async () => {
  const answer = await app.inject('/openapi.json');
  expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
  expect(answer.json()).toEqual(JSON.parse(JSON.stringify(openApi(contract))));
});

test('the page of the description needs nothing from elsewhere', async () => {
  const page = await app.inject('/docs');
  expect(page.statusCode).toBe(200);
  expect(page.headers['content-security-policy']).toContain("script-src 'self'");
  const sources = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, source]) => source ?? '');
  expect(sources.length).toBeGreaterThan(3);
  for (const source of sources) {
    const asset = await app.inject(new URL(source, 'http://localhost/docs').pathname);
    expect(asset.statusCode, source).toBe(200);
    expect(asset.headers['x-content-type-options']).toBe('nosniff');
  }
  expect(page.body).not.toMatch(/<script(?![^>]*src=)/);
  expect((await app.inject('/docs/static/swagger-initializer.js')).body).toContain('/openapi.json');
  expect((await app.inject('/docs/static/../../package.json')).statusCode).toBe(404);
});
