// Kills one part after the other at random moments under load, and measures how long it shows.

import { setTimeout as delay } from 'node:timers/promises';
import type { Record } from './record.ts';

/** Something that can be killed: resolves when it is said to serve again. */
export interface Part {
  readonly name: string;
  readonly kill: () => Promise<void>;
  /** How long an outage may be, in milliseconds. */
  readonly limitMs: number;
  /** Resolves when what the part is for is done again, where that is not to answer writes. */
  readonly works?: () => Promise<void>;
}

export interface Outages {
  readonly name: string;
  readonly limitMs: number;
  readonly kills: number;
  readonly longestMs: number;
}

export interface RoundsOptions {
  readonly parts: readonly Part[];
  readonly record: Record;
  /** Of all parts; at least one. */
  readonly rounds: number;
  /** Begin no kill after this time, in milliseconds from now. */
  readonly limitMs: number;
}

const BETWEEN_MS = 1500;
const LOST_MS = 30_000;

/** Runs the rounds, each part once in each. Throws where a part is not back after half a minute. */
export async function runRounds({ parts, record, rounds, limitMs }: RoundsOptions): Promise<Outages[]> {
  const started = performance.now();
  const outages = parts.map(({ name, limitMs: limit }) => ({ name, limitMs: limit, kills: 0, longestMs: 0 }));
  for (let round = 0; round < rounds; round++) {
    for (const [index, part] of parts.entries()) {
      if (performance.now() - started > limitMs) return outages;
      await delay(Math.random() * BETWEEN_MS);
      const killed = performance.now();
      await part.kill();
      await part.works?.();
      const back = await nextAnswer(record);
      const outage = part.works ? back - killed : record.longestSilence(killed, back);
      const entry = outages[index] as (typeof outages)[0];
      entry.kills++;
      entry.longestMs = Math.max(entry.longestMs, Math.round(outage));
    }
  }
  return outages;
}

/** Resolves with the time when a write is answered that was not yet. */
async function nextAnswer(record: Record): Promise<number> {
  const asked = performance.now();
  for (;;) {
    await delay(5);
    const now = performance.now();
    if (record.longestSilence(asked, now) < now - asked) return now;
    if (now - asked > LOST_MS) throw new Error(`no write was answered for ${LOST_MS} ms`);
  }
}

/** Prints what was done to the system and what became of it. */
export function print(title: string, record: Record, outages: readonly Outages[], head: number): void {
  const kills = outages.reduce((sum, { kills: count }) => sum + count, 0);
  console.log(
    [
      `${title}: ${kills} kills, ${head} commits`,
      `  writes: ${record.count('answered')} answered, ${record.count('unknown')} unknown, ${record.count('refused')} refused`,
      ...outages.map(
        ({ name, kills: count, longestMs, limitMs }) =>
          `  ${name}: killed ${count} times, longest outage ${longestMs} ms (at most ${limitMs})`,
      ),
    ].join('\n'),
  );
}
