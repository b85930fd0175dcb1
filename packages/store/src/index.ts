export { type Database, openDatabase } from './connection.ts';
export { type AuditEntry, auditEntries, auditPage } from './audit.ts';
export type { Act, Decided } from './act.ts';
export type { Command, Decision, Outcome } from './command.ts';
export { bounded } from './bounded.ts';
export { changeEach, type OwnChange } from './change-each.ts';
export { DURABLE, MAJORITY } from './concerns.ts';
export { unlessTaken } from './duplicates.ts';
export { insertUntaken } from './insert.ts';
export { ByteTable } from './byte-table.ts';
export { Content, type ContentOptions } from './content/content.ts';
export type { ContentRow } from './content/owner.ts';
export type { Range, Received } from './content/bytes.ts';
export type { Delta, DeltaChunk } from './changes.ts';
export { IdSet } from './id-set.ts';
export type { Follower } from './follower.ts';
export { HASH_START, hashByte, hashEnd, hashOf } from './keyed-hash.ts';
export { type PageQuery, PRESENT, type Within } from './page-query.ts';
export type { Page } from './paging.ts';
export type { Change, Commit, Fields, Idempotency, Origin, Row } from './record.ts';
export { References, type Settlement } from './references.ts';
export type { Preparation } from './rules.ts';
export { isUnknown, OwnTarget, type Pointed, type Target } from './target.ts';
export type { Revert, RevertCounts } from './revert.ts';
export { renewHistory, Table, type TableOptions } from './table.ts';
export type { View } from './view.ts';
export {
  type AnyTable,
  declareTable,
  type Declared,
  type OpenedTable,
  type OpenOptions,
} from './declaration.ts';
export { deletedReply } from './handlers.ts';
export { originOf, type Writes } from './writes.ts';
export { followHead, type Head, type LogHead } from './log-head.ts';
export {
  type LogWorkerOptions,
  type PositionDocument,
  startLogWorker,
  type WorkSource,
} from './log-worker.ts';
