// What a request for events asks: which subjects, and from where on.

import { invalidField, invalidFields } from '@egg/rpc';
import type { Violation } from '@egg/contract';
import { decodeCursor, type Point } from './cursor.ts';
import type { Origin } from './origins.ts';
import { overlap, type Parts, parsePattern } from './patterns.ts';

const ALL = 'egg.>';

export interface Wanted {
  /** By how they were written, in order, each once. */
  readonly patterns: ReadonlyMap<string, Parts>;
  /** Those that have something of it. */
  readonly origins: readonly Origin[];
}

/**
 * Reads patterns, each text one or several with commas between; none are all there is. Throws INVALID_ARGUMENT for `subjects` if one
 * is malformed or can match nothing.
 */
export function readSubjects(texts: readonly string[] | undefined, origins: readonly Origin[]): Wanted {
  const names = [...new Set((texts ?? [ALL]).flatMap((text) => text.split(',')))].sort();
  const patterns = new Map<string, Parts>();
  const violations: Violation[] = [];
  const refuse = (reason: string): void => void violations.push({ field: 'subjects', reason });
  for (const name of names) {
    const pattern = parsePattern(name);
    if (!pattern) refuse(`${JSON.stringify(name)} is no pattern of subjects such as egg.domain_block.>`);
    else if (!origins.some(({ space }) => overlap(pattern, space))) refuse(`${name} matches no subject`);
    else patterns.set(name, pattern);
  }
  if (violations.length > 0) throw invalidFields(violations);
  const all = [...patterns.values()];
  return {
    patterns,
    origins: origins.filter(({ space }) => all.some((pattern) => overlap(pattern, space))),
  };
}

/**
 * Reads where to go on: the header first, else the field of the query; an empty one says nothing, as a client has none before its
 * first event. Throws INVALID_ARGUMENT that names the one that is malformed.
 */
export function readCursor(
  header: string | undefined,
  field: string | undefined,
): ReadonlyMap<number, Point> | undefined {
  const [name, text] = header ? ['Last-Event-ID', header] : ['last_event_id', field];
  if (!text) return undefined;
  const points = decodeCursor(text);
  if (!points) throw invalidField(name, 'is no id of an event of this route');
  return points;
}
