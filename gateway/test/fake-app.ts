// A gateway over a fake channel, and what a test wants to know of it.

import type { FastifyInstance } from 'fastify';
import { makeAuthorize, createMetrics } from '@egg/service';
import { type AppOptions, buildApp } from '../src/app.ts';
import { contract, fakeChannel, type FakeChannel } from './fake-channel.ts';

interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Those whose services are behind a channel. */
export const PACKAGES = [...new Set(contract.services.map((service) => service.package))].filter(
  (name) => name !== 'egg.events.v1',
);

export interface FakeApp extends AsyncDisposable {
  readonly app: FastifyInstance;
  readonly channel: FakeChannel;
  readonly lines: LogLine[];
}

/** With `adminToken` the gateway is closed. Lets the test change any other option. */
export async function fakeApp({
  adminToken,
  ...options
}: Partial<AppOptions> & { adminToken?: string } = {}): Promise<FakeApp> {
  const channel = fakeChannel();
  const lines: LogLine[] = [];
  const write = (level: string) => (fields: object, message: string) => {
    lines.push({ level, message, fields: { ...fields } });
  };
  const app = await buildApp({
    contract,
    channels: new Map(PACKAGES.map((name) => [name, channel])),
    authorize: makeAuthorize({ adminToken }),
    isOpen: () => adminToken === undefined,
    log: { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') },
    metrics: createMetrics(),
    ...options,
  });
  return { app, channel, lines, [Symbol.asyncDispose]: () => app.close() };
}
