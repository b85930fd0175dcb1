// A gateway on a real port, and raw connections to it, for what an injected request cannot show.

import { connect as connectSocket, type AddressInfo, type Socket } from 'node:net';
import type { AppOptions } from '../src/app.ts';
import { fakeApp, type FakeApp } from './fake-app.ts';

export interface Listening extends FakeApp {
  readonly port: number;
  readonly url: string;
}

/** As `fakeApp`, listening on a free port of 127.0.0.1. */
export async function listening(
  options: Partial<AppOptions> & { adminToken?: string } = {},
): Promise<Listening> {
  const fake = await fakeApp(options);
  await fake.app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = fake.app.server.address() as AddressInfo;
  return { ...fake, port, url: `http://127.0.0.1:${port}` };
}

/** Sends text as it is and gives all that came until the other side closed. */
export async function exchange(port: number, text: string | Buffer): Promise<string> {
  const socket = await dial(port);
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.write(text);
  await new Promise<void>((resolve) => socket.once('close', () => resolve()));
  return Buffer.concat(chunks).toString();
}

/** A connection whose errors are nobody's business. */
export async function dial(port: number): Promise<Socket> {
  const socket = connectSocket(port, '127.0.0.1');
  socket.on('error', () => {});
  await new Promise<void>((resolve) => socket.once('connect', () => resolve()));
  return socket;
}
