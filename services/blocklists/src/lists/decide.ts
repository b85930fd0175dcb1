// What becomes of one entry of a list, and of one that the list does not have, decided on the table's state. Whatever takes
// protection away is left for later until `isFinal`.

import type { View } from '@egg/store';
import { isDeepStrictEqual } from 'node:util';
import { dropSource } from '../domain/sources.ts';
import { strengthOf } from '../domain/strength.ts';
import type { Entry, Item } from './entry.ts';

export interface Note {
  readonly kind: 'added' | 'existing' | 'removed' | 'later' | 'refused' | 'nothing';
  /** The record that the entry is, or became. */
  readonly id?: number;
  readonly reason?: string;
}

const LATER: Note = { kind: 'later' };

/** Adds the entry, or lets its sources join the one that is there. `isOwner`: what the list says of its own entries holds. */
export function decideListed<E extends Entry>(
  view: View<E>,
  item: Item<E>,
  { isOwner, isFinal }: { isOwner: boolean; isFinal: boolean },
): Note {
  const there = view.same(item.fields);
  if (!there) return addListed(view, item, isFinal);
  const named: readonly string[] = item.fields.sources;
  const missing = named.filter((source) => !there.sources.includes(source));
  const isOwn = isOwner && item.isWhole && there.sources.every((source) => named.includes(source));
  if (missing.length === 0 && !isOwn) return { kind: 'existing', id: there.id };
  const sources = missing.length === 0 ? there.sources : [...there.sources, ...missing];
  const fields = isOwn ? { ...item.fields, sources } : { ...ownOf(there), sources };
  if (!isFinal && strengthOf(fields, view.at) < strengthOf(there, view.at))
    return { kind: 'later', id: there.id };
  view.replace(there, fields);
  return { kind: missing.length === 0 ? 'existing' : 'added', id: there.id };
}

function addListed<E extends Entry>(view: View<E>, { fields, kept }: Item<E>, isFinal: boolean): Note {
  if (!isFinal && strengthOf(fields, view.at) < 0) return LATER;
  if (!kept) return { kind: 'added', id: view.add(fields).id };
  const { id, created_at = view.at, updated_at = created_at } = kept;
  if (view.rowOf(id)) return { kind: 'refused', reason: `id ${id} is taken by another entry` };
  view.restore({ id, revision: 0, ...fields, created_at, updated_at } as unknown as E);
  return { kind: 'added', id };
}

/** Whether the table has the entry just as a list that is restored has it. */
export function isRestored<E extends Entry>(view: View<E>, { fields, kept }: Item<E>): boolean {
  const there = kept && view.rowOf(kept.id);
  if (!there || !isDeepStrictEqual(ownOf(there), fields)) return false;
  return kept.created_at === undefined || kept.created_at.getTime() === there.created_at.getTime();
}

/** Takes an entry out of a source's list. It goes when that was its last source. */
export function decideUnlisted<E extends Entry>(
  view: View<E>,
  id: number,
  { source, isFinal }: { source: string; isFinal: boolean },
): Note {
  const there = view.rowOf(id);
  if (!there?.sources.includes(source)) return { kind: 'nothing', id };
  const sources = dropSource(there.sources, source);
  if (sources !== 'gone') {
    view.replace(there, { ...ownOf(there), sources: [...sources] });
    return { kind: 'removed', id };
  }
  if (!isFinal && strengthOf(there, view.at) > 0) return { kind: 'later', id };
  view.remove(there);
  return { kind: 'removed', id };
}

function ownOf<E extends Entry>(there: E): Item<E>['fields'] {
  const { id: _id, revision: _revision, created_at: _created, updated_at: _updated, ...fields } = there;
  return fields;
}
