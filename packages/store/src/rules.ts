// The few rules that are a table's own, beyond what its proto says.

import type { CallContext } from '@egg/rpc';
import type { Database } from './connection.ts';
import type { Follower } from './follower.ts';
import type { Within } from './page-query.ts';
import type { Fields, Row } from './record.ts';

export interface TableRules<R extends Row, Add, Update> {
  /** A new record's own fields, from a request that keeps the rules of the proto. Throws RpcError. */
  readonly build?: (request: Add) => Fields<R>;
  /** The own fields that an update leaves. Throws RpcError. */
  readonly change?: (record: R, request: Update) => Fields<R>;
  /** What becomes of the record that has the same key as one that is added. Without it, and where it throws: ALREADY_EXISTS. */
  readonly join?: (there: R, added: Fields<R>) => Fields<R>;
  /**
   * What an add or an update would leave, looked at with other tables at hand before it is committed; and again where the record has
   * moved on meanwhile, so it holds for the record as it was just before the commit. Answers with the fields to be committed. Throws
   * RpcError to refuse.
   */
  readonly prepare?: (after: Fields<R>, before: R | undefined, at: Preparation) => Promise<Fields<R>>;
  /** A key field in the form that it is compared in. */
  readonly keyPart?: (field: string, value: string) => string;
  /** The field that says when a record goes by itself. */
  readonly expiry?: keyof Fields<R> & string;
  /** What keeps a picture of its own of the records in memory. They are for one table that is opened once. */
  readonly followers?: readonly Follower<R>[];
  /** What of a list request selects records: fields to be equal. By default every field of the request that a record has. */
  readonly filter?: (request: Readonly<Record<string, unknown>>) => Record<string, unknown>;
  /** What of a list request selects records by what is kept beside them; undefined where nothing does. Throws RpcError. */
  readonly within?: (
    request: Readonly<Record<string, unknown>>,
    database: Pick<Database, 'collection'>,
  ) => Within | undefined;
  /**
   * What List shows of records beside what their commits say, such as when a host was last seen: read from collections of its own,
   * because it changes too often for a log. A list of the past does not have it.
   */
  readonly decorate?: (rows: readonly R[], database: Pick<Database, 'collection'>) => Promise<readonly R[]>;
  /** What the answers of Add and Update show beside the record: of the record alone, so that a request that is repeated gets the same. */
  readonly answer?: (record: R) => R;
}

export interface Preparation {
  readonly context: Pick<CallContext, 'caller' | 'requestId' | 'deadline'>;
  /** A record of another table, of any service, as it is now. */
  read<T extends Row>(table: string, id: number): Promise<T | undefined>;
}

/** A table's rules with none left out. */
export type WholeRules<R extends Row, Add, Update> = Required<
  Pick<TableRules<R, Add, Update>, 'build' | 'change' | 'join' | 'filter' | 'answer'>
> & {
  readonly prepare: TableRules<R, Add, Update>['prepare'];
  readonly within: (request: Readonly<Record<string, unknown>>) => Within | undefined;
  readonly decorate: (rows: readonly R[]) => Promise<readonly R[]>;
};
