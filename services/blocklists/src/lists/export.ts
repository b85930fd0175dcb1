// A blocklist as text, whole as it is at one revision, a piece at a time.

import type { DomainBlock } from '@egg/contract/types/blocklists';
import type { Delta } from '@egg/store';
import { isInForce } from '../domain/in-force.ts';
import { type TextFormat, WRITERS } from '../domain/lists/formats.ts';
import { writeRecord } from '../domain/lists/jsonl.ts';
import type { Entry } from './entry.ts';

/** Records as they are, one a line. */
export async function* exportRecords<E extends Entry>(
  delta: Delta<E>,
  isWanted: (entry: E) => boolean,
): AsyncGenerator<string> {
  for await (const { added = [] } of delta.chunks) {
    const lines = added.filter(isWanted).map((entry) => `${writeRecord(entry)}\n`);
    if (lines.length > 0) yield lines.join('');
  }
}

/**
 * What the format can say of the entries in force. What it cannot, and what is not in force, is left out, and a last comment says
 * how many.
 */
export async function* exportRules(
  delta: Delta<DomainBlock>,
  isWanted: (entry: DomainBlock) => boolean,
  { format, title, now }: { format: TextFormat; title: string; now: Date },
): AsyncGenerator<string> {
  const { write, comment } = WRITERS[format];
  let leftOut = 0;
  yield `${comment} ${title}\n`;
  for await (const { added = [] } of delta.chunks) {
    let text = '';
    for (const entry of added) {
      if (!isWanted(entry)) continue;
      const line = isInForce(entry, now) ? write(entry) : undefined;
      if (line === undefined) leftOut++;
      else text += `${line}\n`;
    }
    if (text !== '') yield text;
  }
  if (leftOut > 0) yield `${comment} ${leftOut} left out: not in force, or more than this format can say\n`;
}
