// One process of the system, started as it is in earnest: killed, stopped, started again at the same port, and with what it wrote
// kept for a test that fails.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** Of the repository. */
export const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
/** A start over a million records, on a machine that does much else, takes its time. */
const READY_MS = 120_000;
const STOP_MS = 10_000;
const KEPT_LINES = 200;

const living = new Set<ChildProcess>();
process.once('exit', () => living.forEach((child) => child.kill('SIGKILL')));

export interface ProcessOptions {
  readonly name: string;
  /** From the root of the repository. */
  readonly script: string;
  readonly env: Readonly<Record<string, string>>;
  /** The variable of the port, and the field of the ready line that says which one it became. */
  readonly port: { readonly variable: string; readonly field: string };
  /** Where it listens. By default a port that is free when it starts. */
  readonly at?: number;
}

export class ServiceProcess {
  readonly name: string;
  readonly #options: ProcessOptions;
  readonly #lines: string[] = [];
  #child: ChildProcess | undefined;
  #ended: Promise<unknown> = Promise.resolve();
  #port = 0;

  constructor(options: ProcessOptions) {
    this.name = options.name;
    this.#options = options;
    this.#port = options.at ?? 0;
  }

  /** Where it listens; the same one after every start. */
  get port(): number {
    return this.#port;
  }

  /** Undefined until it was started. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** The last lines it wrote. */
  get lines(): readonly string[] {
    return this.#lines;
  }

  /** Resolves when it says that it is ready. Throws with its last lines where it ends before. */
  async start(): Promise<void> {
    const { name, script, env, port } = this.#options;
    const child = spawn(process.execPath, [script], {
      cwd: ROOT,
      env: { ...foreignEnvironment(), ...env, [port.variable]: String(this.#port) },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    living.add(child);
    this.#ended = once(child, 'close').finally(() => living.delete(child));
    const { promise, resolve, reject } = Promise.withResolvers<object>();
    const take = (line: string): void => {
      if (this.#lines.push(line) > KEPT_LINES) this.#lines.shift();
      const ready = readyLine(line);
      if (ready) resolve(ready);
    };
    for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on('line', take);
    const fail = (what: string): void => reject(new Error(`${name} ${what}\n${this.#lines.join('\n')}`));
    const timer = setTimeout(() => fail(`was not ready within ${READY_MS} ms`), READY_MS);
    child.once('close', () => fail('ended before it was ready'));
    try {
      this.#port = Number(((await promise) as Record<string, unknown>)[port.field]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** kill -9. Resolves when it is gone. */
  async kill(): Promise<void> {
    this.#child?.kill('SIGKILL');
    await this.#ended;
  }

  /** SIGTERM, and SIGKILL after ten seconds. Answers with how it ended; undefined if it was not running. */
  async stop(): Promise<number | NodeJS.Signals | null | undefined> {
    const child = this.#child;
    if (!child) return undefined;
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    await this.#ended;
    clearTimeout(timer);
    return child.signalCode ?? child.exitCode;
  }
}

/** Without what is meant for this process or was set for the system by hand: a test says itself what it wants. */
export function foreignEnvironment(): NodeJS.ProcessEnv {
  const entries = Object.entries(process.env).filter(
    ([name]) => !/^(EGG_|VITEST|NODE_(?!COMPILE_CACHE$))/.test(name),
  );
  return Object.fromEntries(entries);
}

function readyLine(line: string): object | undefined {
  if (!line.startsWith('{') || !line.includes('"ready":true')) return undefined;
  return JSON.parse(line) as object;
}
