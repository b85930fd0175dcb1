// What SIGTERM, SIGINT and SIGHUP mean to the supervisor: the first stops the system, the second changes nothing, the third
// forces.

/** One Ctrl-C may arrive from the terminal, from npm and from what npm started: within this time it is one. */
const SAME_SIGNAL_MS = 500;

export interface StopReactions {
  stop: (signal: NodeJS.Signals) => void;
  again: (signal: NodeJS.Signals) => void;
  force: (signal: NodeJS.Signals) => void;
}

/** Listens for the signals until the process ends. */
export function onStopSignals(reactions: StopReactions): void {
  let count = 0;
  let countedAt = Number.NEGATIVE_INFINITY;
  const receive = (signal: NodeJS.Signals): void => {
    const now = performance.now();
    if (now - countedAt < SAME_SIGNAL_MS) return;
    countedAt = now;
    count += 1;
    if (count === 1) reactions.stop(signal);
    else if (count === 2) reactions.again(signal);
    else reactions.force(signal);
  };
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, receive);
}
