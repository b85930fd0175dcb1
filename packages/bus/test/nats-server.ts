// A NATS server that a test may kill, start again and rob of its data.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, natsUrl, obtainNats, type RunningServer, startNats } from '@egg/embedded';

const log = (): void => {};

export class NatsServer {
  readonly url: string;
  readonly #binary: string;
  readonly #port: number;
  readonly #home: string;
  #running: RunningServer | undefined;

  private constructor(binary: string, port: number, home: string) {
    this.#binary = binary;
    this.#port = port;
    this.#home = home;
    this.url = natsUrl(port);
  }

  /** A server with a port and a directory of its own, not started yet. */
  static async create(): Promise<NatsServer> {
    // Not one that runs already: these tests kill it.
    const obtained = await obtainNats(log, { url: undefined });
    if (!('binary' in obtained)) throw new Error('no NATS server to start');
    return new NatsServer(obtained.binary, await freePort(), await mkdtemp(join(tmpdir(), 'egg-bus-')));
  }

  async start(): Promise<void> {
    const dir = join(this.#home, 'data');
    this.#running = await startNats({ binary: this.#binary, port: this.#port, dir, log });
  }

  /** Ends it as a power cut would, but for what the system had in its caches. */
  async kill(): Promise<void> {
    const running = this.#running;
    if (!running) return;
    process.kill(running.pid, 'SIGKILL');
    await running.exited;
    this.#running = undefined;
  }

  /** Lets it hang: its connections stay, and nobody answers on them. */
  freeze(): void {
    if (this.#running) process.kill(this.#running.pid, 'SIGSTOP');
  }

  thaw(): void {
    if (this.#running) process.kill(this.#running.pid, 'SIGCONT');
  }

  async wipe(): Promise<void> {
    await rm(join(this.#home, 'data'), { recursive: true, force: true });
  }

  async remove(): Promise<void> {
    this.thaw();
    await this.#running?.stop();
    await rm(this.#home, { recursive: true, force: true });
  }
}
