// A listener that costs next to nothing, so that one process can be thousands: it keeps of each event only which one it was, and
// whether it followed the one before.

import { connect, type Socket } from 'node:net';

/** So begins the data of each event of the bus; then come its id's two halves. */
const EVENT = 'data: {"specversion":"1.0","id":"';

export class RawListener {
  /** The last revision of each stream that came. */
  readonly last = new Map<string, number>();
  /** What did not follow from what had come. */
  readonly faults: string[] = [];
  count = 0;
  lastId = '';
  isClosed = true;
  readonly #port: number;
  readonly #path: string;
  #socket: Socket | undefined;
  #text = '';

  constructor(port: number, subjects: string) {
    this.#port = port;
    this.#path = `/events?subjects=${subjects}`;
  }

  /** Connects, behind the last event that came if one did. Resolves when the first bytes of the answer are here. */
  async open(): Promise<void> {
    const socket = connect(this.#port, '127.0.0.1');
    this.#socket = socket;
    this.#text = '';
    this.isClosed = false;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    socket.once('data', () => resolve()).once('error', reject);
    socket.on('error', () => {}).once('close', () => (this.isClosed = true));
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
    const resume = this.lastId === '' ? '' : `Last-Event-ID: ${this.lastId}\r\n`;
    socket.write(`GET ${this.#path} HTTP/1.1\r\nHost: localhost\r\n${resume}\r\n`);
    await promise;
  }

  cut(): void {
    this.#socket?.destroy();
    this.isClosed = true;
  }

  stopReading(): void {
    this.#socket?.pause();
  }

  #take(chunk: Buffer): void {
    if (this.isClosed) return;
    const text = this.#text + chunk.toString('latin1');
    const end = text.lastIndexOf('\n\n') + 2;
    if (end === 1) {
      this.#text = text;
      return;
    }
    this.#text = text.slice(end);
    const whole = text.slice(0, end);
    for (let at = whole.indexOf(EVENT); at !== -1; at = whole.indexOf(EVENT, at)) {
      const colon = whole.indexOf(':', (at += EVENT.length));
      this.#event(whole.slice(at, colon), Number(whole.slice(colon + 1, whole.indexOf('"', colon))));
    }
    const id = `\n${whole}`.lastIndexOf('\nid: ');
    if (id !== -1) this.lastId = whole.slice(id + 4, whole.indexOf('\n', id));
    if (whole.includes('event: reset')) this.faults.push('a reset came');
  }

  #event(name: string, revision: number): void {
    const before = this.last.get(name);
    if (before !== undefined && revision !== before + 1)
      this.faults.push(`${name}: ${revision} after ${before}`);
    this.last.set(name, revision);
    this.count += 1;
  }
}
