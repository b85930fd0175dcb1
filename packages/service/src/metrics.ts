// The metrics of a process for Prometheus, and a small server for them where the gateway's `/metrics` does not reach.

import type { AddressInfo } from 'node:net';
import { collectDefaultMetrics, Histogram, Registry } from '@platformatic/prom-client';
import type { Observe } from '@egg/rpc';

export interface Metrics {
  /** For metrics of one's own. */
  readonly registry: Registry;
  /** Counts a served call; give it to `startServer`. */
  readonly observe: Observe;
  readonly contentType: string;
  /** All metrics as text. */
  text(): Promise<string>;
}

const CALL_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** The default metrics of Node and `rpc_calls_seconds` by method and code. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const calls = new Histogram({
    name: 'rpc_calls_seconds',
    help: 'How long calls took to serve, by method and code',
    labelNames: ['method', 'code'],
    buckets: CALL_SECONDS,
    registers: [registry],
  });
  return {
    registry,
    observe: (method, code, seconds) => calls.observe({ method: method.path, code }, seconds),
    contentType: registry.contentType,
    text: () => registry.metrics(),
  };
}

/** Answers `GET /metrics`. Throws an Error if the address cannot be had. */
export async function serveMetrics(
  metrics: Metrics,
  { host, port }: { host: string; port: number },
): Promise<{ port: number; close(): Promise<void> }> {
  // Not at the top: few processes serve metrics, and to import `node:http` loads all of `fetch` as well.
  const { createServer } = await import('node:http');
  const server = createServer((request, response) => {
    if (request.url !== '/metrics') {
      response.writeHead(404).end();
      return;
    }
    metrics.text().then(
      (text) => response.writeHead(200, { 'content-type': metrics.contentType }).end(text),
      () => response.writeHead(500).end(),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
