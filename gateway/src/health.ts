// Whether the gateway lives, whether a request would succeed, and its numbers.

import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Bus, BusState } from '@egg/bus';
import { type Channel, invalidFields, RpcError } from '@egg/rpc';
import type { Access, Metrics } from '@egg/service';
import type { Hook } from './auth.ts';
import { envelopeOf } from './errors.ts';
import { inQuery } from './fields.ts';

const CHECK_MS = 1000;
const CACHE_MS = 250;

type Parts = Record<string, { ready: boolean }>;

/**
 * `/healthz` and `/readyz`, which everybody may ask, and which are answered however much is under way. A bus that is down delays
 * events and nothing else, so it is told of, and makes nothing unready.
 */
export function registerHealth(
  app: FastifyInstance,
  parts: { channels: ReadonlyMap<string, Channel>; bus: Bus | undefined; isOpen: Access['isOpen'] },
): void {
  const { channels, bus, isOpen } = parts;
  const check = cachedCheck(() => checkAll(channels, isOpen));
  const options = { config: { isProbe: true } };
  app.get('/healthz', options, (request) => {
    refuseQuery(request);
    return Promise.resolve({ status: 0, msg: 'ok' });
  });
  app.get('/readyz', options, async (request, reply) => {
    refuseQuery(request);
    const services = await check();
    const missing = Object.keys(services).filter((part) => services[part]?.ready !== true);
    const data = bus ? { ...services, bus: busPart(bus) } : services;
    if (missing.length === 0) return { status: 0, msg: 'ok', data };
    const error = new RpcError('UNAVAILABLE', `not ready: ${missing.join(', ')}`);
    request.failure = error;
    return reply.code(503).send({ ...envelopeOf(error, request.id), data });
  });
}

/** `/metrics`, behind `allowed`. */
export function registerMetrics(app: FastifyInstance, metrics: Metrics, allowed: Hook): void {
  app.get('/metrics', { onRequest: allowed, config: { isProbe: true } }, async (request, reply) => {
    refuseQuery(request);
    return reply.type(metrics.contentType).send(await metrics.text());
  });
}

/** Throws INVALID_ARGUMENT for any query: these routes have no fields. */
export function refuseQuery(request: FastifyRequest): void {
  const violations = inQuery(request);
  if (violations.length > 0) throw invalidFields(violations);
}

/** Asks every part at once, and not again before `CACHE_MS` are over, so that probes cost the services little. */
function cachedCheck(checkNow: () => Promise<Parts>): () => Promise<Parts> {
  let last: { atMs: number; parts: Promise<Parts> } | undefined;
  return () => {
    const nowMs = performance.now();
    if (!last || nowMs - last.atMs > CACHE_MS) last = { atMs: nowMs, parts: checkNow() };
    return last.parts;
  };
}

async function checkAll(channels: ReadonlyMap<string, Channel>, isOpen: Access['isOpen']): Promise<Parts> {
  const [isModeKnown, ...parts] = await Promise.all([
    knows(isOpen),
    ...[...channels].map(
      async ([name, channel]) => [partOf(name), { ready: await bounded(channel) }] as const,
    ),
  ]);
  // Only told of where it keeps requests from being answered.
  return { ...Object.fromEntries(parts), ...(!isModeKnown && { access: { ready: false } }) };
}

async function knows(isOpen: Access['isOpen']): Promise<boolean> {
  try {
    await isOpen();
    return true;
  } catch {
    return false;
  }
}

async function bounded(channel: Channel): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => resolve(false), CHECK_MS);
  try {
    return await Promise.race([channel.healthy(), promise]);
  } finally {
    clearTimeout(timer);
  }
}

function busPart(bus: Bus): { ready: boolean; state: BusState } {
  const state = bus.state();
  return { ready: state === 'up', state };
}

/** `egg.blocklists.v1` is `blocklists`. */
function partOf(name: string): string {
  return name.split('.')[1] ?? name;
}
