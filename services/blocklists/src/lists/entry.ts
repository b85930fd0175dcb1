// What import and export know of a blocklist's entries, whichever of the two lists they are of.

import type { DomainBlock, ProcessBlock } from '@egg/contract/types/blocklists';
import type { Fields } from '@egg/store';
import type { Listed } from '../domain/lists/listed.ts';

export type Entry = DomainBlock | ProcessBlock;

/** Who puts an entry there if nobody says so. */
const DEFAULT_SOURCE = 'manual';

/** One entry of a list on its way into the table. */
export interface Item<E extends Entry> {
  readonly line: number;
  readonly fields: Fields<E>;
  readonly isWhole: boolean;
  readonly kept?: NonNullable<Listed<unknown>['kept']>;
}

/** The entry as the table has it. A source that the request names stands in place of those that the list names. */
export function toItem<E extends Entry>(
  { name, sources, isWhole, kept, ...fields }: Listed<object>,
  line: number,
  source: string | undefined,
): Item<E> {
  const { action, comment, enabled, expires_at } = fields;
  const whole = {
    ...name,
    action,
    comment,
    sources: source === undefined ? (sources ?? [DEFAULT_SOURCE]) : [source],
    enabled,
    ...(expires_at && { expires_at }),
  };
  return { line, fields: whole as unknown as Fields<E>, isWhole, ...(kept && { kept }) };
}

/** An item that went through JSON. */
export function reviveItem<E extends Entry>(value: unknown): Item<E> {
  const item = value as Item<E>;
  const { kept } = item;
  const { expires_at } = item.fields as unknown as { expires_at?: string };
  return {
    ...item,
    fields: { ...item.fields, ...(expires_at !== undefined && { expires_at: new Date(expires_at) }) },
    ...(kept && {
      kept: {
        id: kept.id,
        ...(kept.created_at && { created_at: new Date(kept.created_at) }),
        ...(kept.updated_at && { updated_at: new Date(kept.updated_at) }),
      },
    }),
  };
}
