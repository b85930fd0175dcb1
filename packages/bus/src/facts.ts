// Tells of facts: of what happened and is no commit, so no log has it. A fact is told until the stream has it, by whoever keeps its
// mark; the stream knows it again by its id for a while, and a listener for ever. The stream's sequence is its own.

import { Backoff } from './backoff.ts';
import { type Bus, type Link, LinkLostError } from './bus.ts';
import { type Fact, factEvent } from './events.ts';
import { Complaint, type Log, reasonOf } from './log.ts';
import type { Outgoing } from './publisher.ts';
import { makeStream, readStream } from './stream.ts';
import { streamName } from './table-relays.ts';
import { pause, unlessAborted } from './waiting.ts';

export interface FactsOptions {
  readonly bus: Bus;
  readonly log: Log;
  /** What they are of: `host`. The stream is `<prefix>_host` with `<prefix>.host.>`. */
  readonly kind: string;
}

export interface Facts {
  /**
   * Tells of some facts, in their order. Resolves when the stream has all of them; rejects where the bus is away or does not take one,
   * and then some may have been told.
   */
  tell(facts: readonly Omit<Fact, 'kind'>[]): Promise<void>;
  stop(): Promise<void>;
}

/** Longer than a process can hang with a fact in its hands and live. */
const KNOWN_AGAIN_MS = 10 * 60_000;

/** Makes the stream as soon as the bus is there, and tells from then on. */
export function startFacts({ bus, log, kind }: FactsOptions): Facts {
  const name = streamName(bus.prefix, kind);
  const subjects = [`${bus.prefix}.${kind}.>`];
  const stopping = new AbortController();
  const { signal } = stopping;

  const prepare = async (link: Link): Promise<void> => {
    const state = await unlessAborted(readStream(link, name), link.lost, signal);
    if (state) return;
    const spec = { name, subjects, duplicateWindowMs: KNOWN_AGAIN_MS };
    await unlessAborted(makeStream(link, spec, 1), link.lost, signal);
    log.info({ stream: name, subjects }, 'made a stream');
  };

  const made = makeAtFirst({ bus, log, name, signal, prepare });
  return {
    async tell(facts) {
      if (facts.length === 0) return;
      if (bus.state() === 'down') throw new LinkLostError('the bus is down');
      const link = await bus.link(signal);
      const messages = facts.map((fact, index): Outgoing => ({
        ...factEvent(bus.prefix, { ...fact, kind }),
        sequence: index + 1,
        id: fact.id,
      }));
      let failure: Error | undefined;
      const published = link.publisher.publish(name, messages, (_message, error) => {
        failure ??= error;
      });
      await unlessAborted(published, link.lost, signal);
      // A stream that was lost is made again for the next try.
      if (failure) await prepare(link);
      if (failure) throw failure;
    },
    async stop() {
      stopping.abort(new Error('no more facts are told'));
      await made;
    },
  };
}

/** Before the first fact, so that whoever listens finds it. */
async function makeAtFirst(options: {
  bus: Bus;
  log: Log;
  name: string;
  signal: AbortSignal;
  prepare: (link: Link) => Promise<void>;
}): Promise<void> {
  const { bus, log, name, signal, prepare } = options;
  const [failures, complaint] = [new Backoff(100, 2000), new Complaint()];
  while (!signal.aborted) {
    try {
      await prepare(await bus.link(signal));
      return;
    } catch (error) {
      if (signal.aborted) return;
      const reason = reasonOf(error);
      if (!(error instanceof LinkLostError))
        complaint.make(reason, () =>
          log.warn({ stream: name, reason }, 'a stream cannot be made, trying again'),
        );
      await pause(failures.next(), signal);
    }
  }
}
