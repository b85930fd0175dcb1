// Where events come from: a stream of the bus for each table, each counter and each kind of facts of the contract. Clients always say `egg.…`, whatever
// the prefix is that this installation has on the bus.

import { crc32 } from 'node:zlib';
import { streamName } from '@egg/bus';
import type { Contract } from '@egg/contract';
import type { Parts } from './patterns.ts';

export interface Origin {
  /** The table, counter or kind of facts: `domain_block`, `counter_for_domain`, `host`. */
  readonly name: string;
  /** The stream's name. */
  readonly stream: string;
  /** The subjects that it has, for people. */
  readonly subjects: string;
  /** The same as a pattern without `>`. */
  readonly space: Parts;
  /** Stands for the name in cursors. */
  readonly tag: number;
}

const TAG_BITS = 24;

/** All origins of the contract, in its order. Throws an Error if two of them would be one in a cursor. */
export function originsOf({ tables }: Contract, prefix: string): Origin[] {
  const origins = tables.flatMap(({ name, counter, facts }) => [
    verbOrigin(prefix, name),
    ...(counter === undefined ? [] : [counterOrigin(prefix, counter)]),
    ...(facts === undefined ? [] : [verbOrigin(prefix, facts)]),
  ]);
  if (new Set(origins.map(({ tag }) => tag)).size < origins.length) {
    throw new Error('two names of tables and counters have the same tag in cursors');
  }
  return origins;
}

/** The parts of a message's subject as clients see it. */
export function publicSubject(subject: string): Parts {
  return ['egg', ...subject.split('.').slice(1)];
}

/** The type of the event that a subject carries: all but a counter's own name. */
export function typeOf(subject: Parts): string {
  return subject.slice(0, 3).join('.');
}

function verbOrigin(prefix: string, name: string): Origin {
  return origin(prefix, name, `egg.${name}.>`, ['egg', name, '*']);
}

function counterOrigin(prefix: string, counter: string): Origin {
  const space = ['egg', 'counter', 'incremented', counter];
  return origin(prefix, counter, space.join('.'), space);
}

function origin(prefix: string, name: string, subjects: string, space: Parts): Origin {
  return { name, stream: streamName(prefix, name), subjects, space, tag: crc32(name) >>> (32 - TAG_BITS) };
}
