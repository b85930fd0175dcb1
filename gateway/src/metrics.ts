// The numbers of the gateway's own: how long requests took, by route, method and status.

import { Histogram, type Registry } from '@platformatic/prom-client';

/** Told of every request when it is over. `status` is `broken` where the connection closed before the answer was complete. */
export type ObserveRequest = (route: string, method: string, status: string, seconds: number) => void;

const SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Adds the histogram `http_request_seconds` to a registry. */
export function requestMetrics(registry: Registry): ObserveRequest {
  const histogram = new Histogram({
    name: 'http_request_seconds',
    help: 'How long requests took, in seconds, by route, method and status',
    labelNames: ['route', 'method', 'status'],
    buckets: SECONDS,
    registers: [registry],
  });
  return (route, method, status, seconds) => histogram.observe({ route, method, status }, seconds);
}
