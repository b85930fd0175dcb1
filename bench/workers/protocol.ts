// How the runner has rounds made in a process of their own: it names the rounds, the process makes them and tells what it did.

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { Round } from '../model.ts';

/** Makes rounds of one kind with a number of callers, for a number of milliseconds. */
type MakeRound = (callers: number, ms: number) => Promise<Round>;

interface Order {
  readonly name: string;
  readonly callers: number;
  readonly ms: number;
}
type Told = { readonly ready: true } | { readonly round: Round } | { readonly failure: string };

/** A process that makes rounds. */
export interface Worker {
  readonly pid: number;
  round(name: string, callers: number, ms: number): Promise<Round>;
  stop(): Promise<void>;
}

/** Starts `file`, a URL, with `settings` and resolves when it serves rounds. Rejects with what it says where it cannot. */
export async function startWorker(file: string, settings: object, execArgv: string[] = []): Promise<Worker> {
  const child = fork(new URL(file), [JSON.stringify(settings)], { execArgv });
  await told(child);
  return {
    pid: child.pid as number,
    async round(name, callers, ms) {
      child.send({ name, callers, ms } satisfies Order);
      const answer = await told(child);
      if (!('round' in answer)) throw new Error(`${file} ${name}: no round`);
      return answer.round;
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.disconnect();
      await once(child, 'exit');
    },
  };
}

/** The settings that this process was started with. */
export function settings<T>(): T {
  return JSON.parse(process.argv[2] ?? '{}') as T;
}

/** In the worker: makes the rounds that are asked for, until nobody asks any more. */
export function serveRounds(rounds: Readonly<Record<string, MakeRound>>): void {
  process.on('message', ({ name, callers, ms }: Order) => {
    const make = rounds[name];
    if (!make) return tell({ failure: `there are no rounds ${name}` });
    make(callers, ms).then(
      (round) => tell({ round }),
      (error: unknown) =>
        tell({ failure: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
    );
  });
  // The runner has what it wanted, or is gone. Everything was made for it alone, so there is nothing to put in order.
  process.on('disconnect', () => process.exit(0));
  process.on('SIGINT', () => {}); // Ctrl-C reaches the runner too, which ends us.
  tell({ ready: true });
}

function tell(message: Told): void {
  process.send?.(message);
}

async function told(child: ChildProcess): Promise<Told> {
  const over = new AbortController();
  const ended = once(child, 'exit', { signal: over.signal }).then(([code, signal]) => {
    throw new Error(`a worker ended with ${String(code ?? signal)}`);
  });
  try {
    const [message] = (await Promise.race([once(child, 'message', { signal: over.signal }), ended])) as [
      Told,
    ];
    if ('failure' in message) throw new Error(message.failure);
    return message;
  } finally {
    ended.catch(() => {});
    over.abort();
  }
}
