// A TCP proxy between client and service whose connections a test can cut, refuse and stall.

import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export class Proxy {
  connections = 0;
  refusing = false;
  #stalled = false;
  readonly #sockets = new Set<Socket>();
  readonly #server = createServer((client) => {
    if (this.refusing) {
      client.destroy();
      return;
    }
    this.connections++;
    const service = connect(this.#target, '127.0.0.1');
    for (const [from, to] of [
      [client, service],
      [service, client],
    ] as const) {
      this.#sockets.add(from);
      from.setNoDelay(true);
      if (!this.#stalled) from.pipe(to);
      from.on('error', () => {});
      from.on('close', () => {
        this.#sockets.delete(from);
        to.destroy();
      });
    }
  });
  readonly #target: number;

  constructor(target: number) {
    this.#target = target;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async listen(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  /** Breaks every connection. */
  cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  /** Nothing passes any more, and nobody is told. */
  stall(): void {
    this.#stalled = true;
    for (const socket of this.#sockets) {
      socket.unpipe();
      socket.pause();
    }
  }

  close(): void {
    this.#server.close();
    this.cut();
  }
}
