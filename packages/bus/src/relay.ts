// Tells the bus of every commit of one log, in order and once, whatever is killed meanwhile. The stream's sequence is the
// revision, so the stream itself says how far it is told, and any number of relays may run over one log.

import { Backoff } from './backoff.ts';
import { type Link, LinkLostError } from './bus.ts';
import { Complaint, type Log, reasonOf } from './log.ts';
import { Position } from './position.ts';
import { publishCommits } from './publish.ts';
import type { Relay, RelayOptions, RelayState, RelayStats } from './relay-model.ts';
import type { Commit } from './source.ts';
import { StandingReader } from './standing.ts';
import { SubjectsTakenError } from './stream.ts';
import { Bell, pause, unlessAborted } from './waiting.ts';

const READ_COMMITS = 500;
const POLL_MS = 1000;

/** Starts to relay a log to its stream, which is made if it is missing. Never throws: what goes wrong is tried again. */
export function startRelay(options: RelayOptions): Relay {
  return new StreamRelay(options);
}

class StreamRelay implements Relay {
  readonly #options: RelayOptions;
  readonly #log: Log;
  readonly #bell = new Bell();
  readonly #stopping = new AbortController();
  readonly #failures = new Backoff(100, 2000);
  readonly #races = new Backoff(10, 500);
  readonly #complaint = new Complaint();
  readonly #position = new Position();
  readonly #standing: StandingReader;
  readonly #done: Promise<void>;
  #state: RelayState = 'syncing';
  #published = 0;
  #conflicts = 0;
  #errors = 0;
  #head = 0;
  /** Until when, in epoch milliseconds, the position need not be asked for again; and on which connection. */
  #known: { link: Link; until: number } | undefined;

  constructor(options: RelayOptions) {
    this.#options = options;
    this.#log = options.log;
    this.#standing = new StandingReader(options);
    this.#done = this.#run();
  }

  state(): RelayState {
    return this.#state;
  }

  stats(): RelayStats {
    const lag = Math.max(0, this.#head - this.#position.value);
    return { published: this.#published, conflicts: this.#conflicts, errors: this.#errors, lag };
  }

  position(): number {
    return this.#position.value;
  }

  caughtUp(revision: number, signal: AbortSignal): Promise<void> {
    this.#bell.ring();
    return this.#position.reached(revision, signal);
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new Error('the relay was stopped'));
    await this.#done;
  }

  async #run(): Promise<void> {
    const { bus, source, pollMs = POLL_MS } = this.#options;
    const { signal } = this.#stopping;
    const unsubscribe = source.onCommit(() => this.#bell.ring());
    while (!signal.aborted) {
      try {
        const link = await bus.link(signal);
        const again = await this.#pass(link);
        this.#failures.reset();
        // Never two replicas in step.
        if (!again) await this.#bell.wait(pollMs * (0.9 + Math.random() / 5), signal, link.lost);
        if (link.lost.aborted && this.#state === 'following') this.#state = 'syncing';
      } catch (error) {
        if (signal.aborted) break;
        this.#failed(error);
        await pause(this.#failures.next(), signal);
      }
    }
    unsubscribe();
  }

  /** Finds out how far the stream is, where that is not known, and tells it the rest. Returns whether to start again at once. */
  async #pass(link: Link): Promise<boolean> {
    const { source, stream, event } = this.#options;
    const { signal } = this.#stopping;
    if ((this.#known?.link !== link || Date.now() >= this.#known.until) && !(await this.#sync(link)))
      return false;
    const read = (after: number): Promise<readonly Commit[]> =>
      unlessAborted(source.read(after, READ_COMMITS), signal);
    let next = read(this.#position.value);
    for (;;) {
      const commits = await next;
      const last = commits.at(-1)?.revision;
      if (last === undefined) return false;
      checkOrder(commits, this.#position.value);
      this.#head = Math.max(this.#head, last);
      next = read(last);
      // Nobody waits for this read if the publishing fails.
      next.catch(() => {});
      const outcome = await publishCommits(link, stream.name, commits, event);
      this.#published += outcome.stored;
      this.#conflicts += outcome.conflicts;
      this.#position.rise(outcome.last);
      if (outcome.failure !== undefined) throw outcome.failure;
      if (outcome.conflicts > 0) {
        this.#known = undefined;
        // Whoever got the last one in goes on, the others leave the way free.
        if (outcome.last !== last) await pause(this.#races.next(), signal);
        return true;
      }
      this.#races.reset();
      if (signal.aborted) return false;
    }
  }

  /** Asks the stream how far it is. Returns whether anything may be published to it. */
  async #sync(link: Link): Promise<boolean> {
    const { stream, pollMs = POLL_MS } = this.#options;
    const { last, head, disagreement } = await unlessAborted(
      this.#standing.read(link),
      link.lost,
      this.#stopping.signal,
    );
    this.#head = head;
    if (disagreement !== undefined) {
      this.#stayAhead(disagreement);
      return false;
    }
    const was = this.#position.value;
    if (last < was)
      this.#log.warn({ stream: stream.name, last, was }, 'the bus lost events, they are told again');
    this.#position.set(last);
    this.#known = { link, until: Date.now() + pollMs / 2 };
    this.#state = 'following';
    if (this.#complaint.over()) this.#log.info({ stream: stream.name, last, head }, 'the relay goes on');
    return true;
  }

  #stayAhead(reason: string): void {
    const stream = this.#options.stream.name;
    this.#state = 'ahead';
    this.#known = undefined;
    const message =
      'the bus and the database are of different histories: nothing is published until the stream is removed';
    this.#complaint.make(reason, () => this.#log.error({ stream, reason }, message));
  }

  #failed(error: unknown): void {
    const stream = this.#options.stream.name;
    const reason = reasonOf(error);
    this.#errors += 1;
    this.#known = undefined;
    if (this.#state !== 'ahead') this.#state = 'failing';
    // The bus itself has said that it is down, once and not for every stream.
    if (error instanceof LinkLostError) return this.#log.debug({ stream, reason }, 'the relay waits');
    const level = error instanceof SubjectsTakenError ? 'error' : 'warn';
    this.#complaint.make(reason, () => this.#log[level]({ stream, reason }, 'the relay tries again'));
  }
}

function checkOrder(commits: readonly Commit[], after: number): void {
  commits.forEach(({ revision }, index) => {
    const expected = after + index + 1;
    if (revision !== expected) throw new Error(`the log gave revision ${revision} where ${expected} was due`);
  });
}
