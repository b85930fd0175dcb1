// Callers that each wait for an answer before they call again.

import type { Round } from './model.ts';

/** Lets `callers` call for `ms` milliseconds. What they have begun by then is waited for, and counted. Rejects if a call does. */
export async function closedLoop(callers: number, ms: number, call: () => Promise<unknown>): Promise<Round> {
  const started = performance.now();
  let ops = 0;
  const caller = async (): Promise<void> => {
    while (performance.now() - started < ms) {
      await call();
      ops++;
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  return { ops, seconds: (performance.now() - started) / 1000 };
}
