// How a table is declared: once, from its contract and the few rules that are its own.

import type { Contract, TableContract } from '@egg/contract';
import type { Handlers } from '@egg/rpc';
import { invalidField, RpcError } from '@egg/rpc/errors';
import { tableHandlers } from './handlers.ts';
import type { Fields, Origin, Row } from './record.ts';
import type { Preparation, TableRules, WholeRules } from './rules.ts';
import { Pointing } from './pointing.ts';
import { type ReferenceDocument, References } from './references.ts';
import { Table, type TableOptions } from './table.ts';
import { OwnTarget, type Target } from './target.ts';
import { Writes } from './writes.ts';

export interface Declared<R extends Row> {
  readonly contract: TableContract;
  /** Opens the table in a database. */
  open(options: OpenOptions): Promise<OpenedTable<Table<R>, Writes<R>>>;
}

export interface OpenOptions extends Pick<TableOptions<Row>, 'database' | 'log'> {
  /** Where records of other tables are pointed at. Asked for when it is needed, because it may open later. Throws if nobody knows. */
  readonly targetOf?: (table: string) => Target;
  /** A record of another table of this service. */
  readonly read?: Preparation['read'];
}

export interface OpenedTable<T extends AnyTable = AnyTable, W = unknown> {
  readonly table: T;
  /** How the table's own methods write. */
  readonly writes: W;
  /** Where others point at its records; absent where nobody does. */
  readonly target: OwnTarget | undefined;
  /** Ends what processes that died have left half done with references. */
  sweep(this: void): Promise<void>;
  /** The methods that every table has, as far as its proto has them. */
  readonly handlers: Handlers;
}

/** A table whatever its records are. */
export interface AnyTable {
  readonly name: string;
  readonly revision: number;
  touch(origin: Origin, deadline: number): Promise<number>;
  follow(deadline?: number): Promise<void>;
  source(): ReturnType<Table<Row>['source']>;
  close(): Promise<void>;
}

/**
 * Declares the table that the contract has under this name. Where a rule is left out: a record has the fields of the request and the
 * proto's defaults, an update changes what it names, and the same key twice is refused.
 */
export function declareTable<
  R extends Row,
  Add extends object,
  Update extends { id: number; clear?: string[] },
>(contract: Contract, name: string, rules: TableRules<R, Add, Update> = {}): Declared<R> {
  const table = contract.table(name);
  const own = (fields: object): Fields<R> => {
    const {
      id: _id,
      revision: _revision,
      created_at: _created,
      updated_at: _updated,
      ...rest
    } = table.record.decodeReply(table.record.encode(fields)) as Record<string, unknown>;
    return rest as Fields<R>;
  };
  const fixed = immutableFields(contract, table);
  const all: Omit<WholeRules<R, Add, Update>, 'decorate' | 'within'> = {
    build: rules.build ?? own,
    change: (record, request) => {
      refuseOthers(fixed, record, request);
      const { clear = [], ...named } = request;
      return rules.change?.(record, request) ?? own(without({ ...record, ...named }, clear));
    },
    join: rules.join ?? refuse,
    filter: rules.filter ?? ((request) => sharedFields(table, request)),
    prepare: rules.prepare,
    answer: rules.answer ?? ((record) => record),
  };
  const isPointedAt = contract.tables.some(({ pointsAt }) => pointsAt.includes(name));
  return {
    contract: table,
    open: async (options) => {
      const { keyPart, expiry, followers, decorate } = rules;
      const key = table.key as TableOptions<R>['key'];
      const ruled = {
        ...(keyPart && { keyPart }),
        ...(expiry && { expiry }),
        ...(followers && { followers }),
      };
      const { database, log, targetOf = unknownTarget, read = noTable } = options;
      const opened = await Table.open<R>({ name, key, ...ruled, database, log });
      const held = database.collection<ReferenceDocument>(`${name}_references`);
      const target = isPointedAt ? new OwnTarget(opened, new References(held)) : undefined;
      const pointing = table.pointsAt.length > 0 ? new Pointing<R>(table, targetOf, log) : undefined;
      const writes = new Writes<R>({ table: opened, pointing, target, prepare: rules.prepare, read });
      const shown = async (rows: readonly R[]): Promise<readonly R[]> =>
        decorate ? decorate(rows, database) : rows;
      const within: WholeRules<R, Add, Update>['within'] = (request) => rules.within?.(request, database);
      const handlers = Object.entries(tableHandlers(opened, writes, { ...all, decorate: shown, within }));
      const served = new Set(contract.service(table.service).methods.map((method) => method.name));
      return {
        table: opened,
        writes,
        target,
        handlers: Object.fromEntries(handlers.filter(([method]) => served.has(method))),
        sweep: async () => {
          await target?.sweep();
          await pointing?.sweep(opened);
        },
      };
    },
  };
}

/** The fields that an update may name, but not change. */
function immutableFields(contract: Contract, table: TableContract): string[] {
  const update = contract.service(table.service).methods.find((method) => method.name === 'Update');
  return (update?.request.fields ?? []).filter(({ immutable }) => immutable).map((field) => field.name);
}

function refuseOthers(fields: readonly string[], record: object, request: object): void {
  const [there, named] = [record, request] as Record<string, unknown>[];
  for (const field of fields) {
    if (named?.[field] !== undefined && named[field] !== there?.[field])
      throw invalidField(field, 'cannot become another');
  }
}

function unknownTarget(table: string): never {
  throw new Error(`nobody knows who has the table ${table}`);
}

function noTable(table: string): never {
  throw new Error(`there is no table ${table} here`);
}

function refuse(there: Row): never {
  throw new RpcError('ALREADY_EXISTS', `the record with id ${there.id} is the same`);
}

function without(fields: object, names: readonly string[]): object {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !names.includes(name)));
}

/** The fields that lists of every table understand, and that select nothing by themselves. */
const PAGING = new Set(['id', 'limit', 'cursor', 'q', 'sort', 'revision']);

function sharedFields(
  table: TableContract,
  request: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const fields = new Set(table.record.fields.map(({ name }) => name));
  return Object.fromEntries(
    Object.entries(request).filter(([name]) => fields.has(name) && !PAGING.has(name)),
  );
}
