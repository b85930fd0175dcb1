export { type Database, openDatabase } from './connection.ts';
export type { Command, Decision, Outcome } from './command.ts';
export type { Delta, DeltaChunk } from './changes.ts';
export type { Page, PageQuery } from './paging.ts';
export type { Change, Commit, Fields, Idempotency, Origin, Row } from './record.ts';
export { References } from './references.ts';
export { Table, type TableOptions } from './table.ts';
export type { View } from './view.ts';
export {
  type AnyTable,
  declareTable,
  type Declared,
  type OpenedTable,
  type TableRules,
} from './declaration.ts';
export { originOf } from './handlers.ts';
