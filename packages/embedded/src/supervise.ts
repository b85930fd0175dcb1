// Keeps one process running: starts it, waits until it serves, and starts it again when it dies, after a pause that doubles
// while it keeps dying.

import { setTimeout as delay } from 'node:timers/promises';
import { type Child, describeExit } from './child.ts';
import { elapsed, type Log, reasonOf } from './log.ts';
import { EndedEarlyError, type ProcessSpec, startProcess, withTail } from './process-spec.ts';

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5000;
/** A process that lived this long was well: the next death begins with the first pause. */
const WELL_MS = 10_000;
/** So many deaths before it was ever ready are no accident. */
const START_ATTEMPTS = 5;
const STILL_WAITING_MS = 10_000;

export interface Supervised {
  /** Resolves when it serves for the first time; rejects when it dies again and again before that. */
  ready: Promise<void>;
  /** Ends it, by force after ten seconds, and starts it no more. */
  stop(): Promise<void>;
}

export interface SuperviseHooks {
  log: Log;
  /** A line that the process wrote. */
  onLine: (line: string) => void;
  onStart: (pid: number) => void;
  onEnd: (pid: number) => void;
}

/** Starts to keep the process running. */
export function supervise(spec: ProcessSpec, hooks: SuperviseHooks): Supervised {
  const { log } = hooks;
  const stopping = new AbortController();
  const first = Promise.withResolvers<void>();
  first.promise.catch(() => {});
  let child: Child | undefined;
  let hasServed = false;

  /** One life, from start to death. Returns how it ended. */
  async function live(): Promise<string> {
    const started = await startProcess(spec, hooks.onLine);
    child = started.child;
    const { pid, exited, kill } = child;
    hooks.onStart(pid);
    if (stopping.signal.aborted) void child.stop();
    const stopWaiting = sayWhenSlow();
    let failure = '';
    started.ready.then(
      () => {
        stopWaiting();
        log(`${spec.name} ${hasServed ? 'serves again' : 'is ready'} (process ${pid})`);
        hasServed = true;
        first.resolve();
      },
      (error: unknown) => {
        stopWaiting();
        if (error instanceof EndedEarlyError) return;
        // The check itself failed: the process lives but is of no use.
        failure = `${reasonOf(error)}, `;
        kill();
      },
    );
    const exit = await exited;
    hooks.onEnd(pid);
    return failure + describeExit(exit);
  }

  function sayWhenSlow(): () => void {
    const bornAt = performance.now();
    const timer = setInterval(() => {
      log(`${spec.name} is not ready yet (${elapsed(performance.now() - bornAt)})`);
    }, STILL_WAITING_MS);
    return () => clearInterval(timer);
  }

  async function keep(): Promise<void> {
    let pause = FIRST_PAUSE_MS;
    for (let attempt = 1; ; attempt += 1) {
      const bornAt = performance.now();
      const ending = await live().catch(reasonOf);
      if (stopping.signal.aborted) return;
      if (!hasServed && attempt >= START_ATTEMPTS) {
        const message = `${spec.name} does not start (${ending})`;
        first.reject(new Error(child === undefined ? message : withTail(message, child)));
        return;
      }
      if (performance.now() - bornAt >= WELL_MS) pause = FIRST_PAUSE_MS;
      log(`${spec.name} died (${ending}); starting it again in ${pause} ms`);
      await delay(pause, undefined, { signal: stopping.signal }).catch(() => {});
      if (stopping.signal.aborted) return;
      pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
    }
  }

  const ended = keep();
  return {
    ready: first.promise,
    stop: async () => {
      stopping.abort();
      first.reject(new Error(`${spec.name} was stopped before it was ready`));
      await child?.stop();
      await ended;
      log(`${spec.name} is stopped`);
    },
  };
}
