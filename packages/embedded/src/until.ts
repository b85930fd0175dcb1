// Waits for something to become true by asking again and again.

import { setTimeout as delay } from 'node:timers/promises';

const POLL_MS = 50;

/** Asks until the answer is true; an error counts as no. Throws when the signal is aborted. */
export async function until(ask: () => Promise<boolean>, signal: AbortSignal): Promise<void> {
  for (;;) {
    signal.throwIfAborted();
    if (await ask().catch(() => false)) return;
    await delay(POLL_MS, undefined, { signal });
  }
}
