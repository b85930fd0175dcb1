// Follows work that takes long: a line in the log every few seconds, and a reply for whoever watches about every second. The replies
// also show those between that the call lives.

import { setTimeout as delay } from 'node:timers/promises';
import type { Log } from '@egg/rpc';

export interface Task<Progress extends object> {
  readonly log: Log;
  readonly name: string;
  readonly requestId: string;
  readonly progress: () => Progress;
  readonly run: () => Promise<unknown>;
}

const REPLY_MS = 1000;
const LOG_MS = 5000;

/** Gives a reply now and then until the work is done. Throws what it throws. */
export async function* followed<Progress extends object>(
  task: Task<Progress>,
): AsyncGenerator<{ progress: Progress }> {
  const started = performance.now();
  const fields = (): object => ({
    request_id: task.requestId,
    ms: Math.round(performance.now() - started),
    ...task.progress(),
  });
  const timer = setInterval(() => task.log.info(fields(), `${task.name} goes on`), LOG_MS);
  const work = task.run().then(
    () => 'done' as const,
    (thrown: unknown) => ({ thrown }),
  );
  void work.then((end) => {
    clearInterval(timer);
    if (end === 'done') task.log.info(fields(), `${task.name} is done`);
    else task.log.info({ ...fields(), err: end.thrown }, `${task.name} broke off`);
  });
  for (;;) {
    const wait = new AbortController();
    const end = await Promise.race([
      work,
      delay(REPLY_MS, undefined, { signal: wait.signal }).catch(() => undefined),
    ]);
    wait.abort();
    if (end === 'done') return;
    if (end) throw end.thrown;
    yield { progress: task.progress() };
  }
}
