// The numbers of the gateway's own: how long requests took, by route, method and status.

import { Counter, Gauge, Histogram, type Registry } from '@platformatic/prom-client';
import type { EventHub } from './events/hub.ts';

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

/** Adds how many listen to events, and how many were dropped because they read too slowly. */
export function listenerMetrics(registry: Registry, hub: EventHub): void {
  const listening = new Gauge({
    name: 'event_listeners',
    help: 'Clients that listen to events',
    registers: [],
    collect() {
      this.set(hub.counts().listeners);
    },
  });
  const dropped = new Counter({
    name: 'event_listeners_dropped_total',
    help: 'Clients that listened to events and read too slowly',
    registers: [],
    collect() {
      this.reset();
      this.inc(hub.counts().dropped);
    },
  });
  registry.registerMetric(listening);
  registry.registerMetric(dropped);
}
