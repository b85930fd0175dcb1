// A table's commit log in the database: one document a commit, `_id` its revision. The unique `_id` is the only lock there is.

import { MAJORITY } from './concerns.ts';
import type { Collection } from './driver.ts';
import { insertAll } from './insert.ts';
import { type Change, type Commit, type Row, weightOf } from './record.ts';

/** A commit as it is stored. README.md, "The commit log", says why. */
export interface CommitDocument {
  _id: number;
  commit_id: string;
  at: Date;
  actor: string;
  from: string;
  request_id: string;
  idempotency?: { key: string; caller: string; route: string; body_hash: string };
  verb: string;
  last_id: number;
  count: number;
  changed: number;
  changes: Change[];
}

/** A read stops when it has this much, in bytes by estimate: whoever reads on goes on from there. */
const READ_BYTES = 4 * 1024 * 1024;

export type LogCollection = Collection<CommitDocument>;

/** Makes the indexes that history, lists of the past and idempotency keys are read by. To be called while the log is small. */
export async function prepareLog(log: LogCollection): Promise<void> {
  await log.createIndex({ 'changes.id': 1, _id: 1 });
  await log.createIndex({ 'idempotency.key': 1 }, { sparse: true });
}

/**
 * Appends commits whose revisions follow the head, in order: if one is refused, none after it is stored. Any error means that the
 * outcome is unknown; the log has to be read to learn it.
 */
export async function append(log: LogCollection, commits: readonly Commit[]): Promise<void> {
  await insertAll(log, commits.map(toDocument), { ordered: true, writeConcern: { w: 'majority', j: true } });
}

/** The commits after a revision, in order, at most `limit` and some megabytes of them. */
export async function readAfter<R extends Row>(
  log: LogCollection,
  after: number,
  limit: number,
): Promise<Commit<R>[]> {
  const commits: Commit<R>[] = [];
  let bytes = 0;
  const range = { _id: { $gt: after, $lte: after + limit } };
  for await (const document of log.find(range, MAJORITY).sort({ _id: 1 }).batchSize(limit)) {
    commits.push(fromDocument<R>(document));
    bytes += weightOf(document);
    if (bytes > READ_BYTES) break;
  }
  return commits;
}

/** The first revision whose commit was made at `at` or later; one behind the head if there is none. The times of a log never go back. */
export async function commitAt(log: LogCollection, at: Date): Promise<number> {
  const options = { ...MAJORITY, projection: { at: 1 } };
  const [head] = await log.find({}, options).sort({ _id: -1 }).limit(1).toArray();
  let [low, high] = [1, (head?._id ?? 0) + 1];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const found = await log.findOne({ _id: middle }, options);
    if (found && found.at < at) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The commits in `(after, to]`, newest first, one at a time. */
export async function* readBackwards<R extends Row>(
  log: LogCollection,
  after: number,
  to: number,
): AsyncGenerator<Commit<R>> {
  const step = 200;
  for (let high = to; high > after; high -= step) {
    const range = { _id: { $gt: Math.max(after, high - step), $lte: high } };
    for await (const document of log.find(range, MAJORITY).sort({ _id: -1 })) yield fromDocument<R>(document);
  }
}

/** One commit; undefined if the log has no such revision. */
export async function readCommit<R extends Row>(
  log: LogCollection,
  revision: number,
): Promise<Commit<R> | undefined> {
  const document = await log.findOne({ _id: revision }, MAJORITY);
  return document ? fromDocument<R>(document) : undefined;
}

/**
 * Commits after `revision` that touched an id in `(after, to]`, oldest first. The ids are named one by one, because an index over a
 * list serves only one side of a range; keep the window small.
 */
export async function readTouching<R extends Row>(
  log: LogCollection,
  revision: number,
  ids: { after: number; to: number },
  limit = 0,
): Promise<Commit<R>[]> {
  const window = Array.from({ length: ids.to - ids.after }, (_, index) => ids.after + 1 + index);
  const found = log
    .find({ 'changes.id': { $in: window }, _id: { $gt: revision } }, MAJORITY)
    .sort({ _id: 1 });
  return (await (limit > 0 ? found.limit(limit) : found).toArray()).map((document) =>
    fromDocument<R>(document),
  );
}

/** The commits since `at` that carry one of these idempotency keys. */
export async function readKeys<R extends Row>(
  log: LogCollection,
  keys: string[],
  at: Date,
): Promise<Commit<R>[]> {
  const found = await log.find({ 'idempotency.key': { $in: keys } }, MAJORITY).toArray();
  return found.filter((document) => document.at >= at).map((document) => fromDocument<R>(document));
}

function toDocument(commit: Commit): CommitDocument {
  const { idempotency } = commit;
  return {
    _id: commit.revision,
    commit_id: commit.commitId,
    at: commit.at,
    actor: commit.actor,
    from: commit.from,
    request_id: commit.requestId,
    ...(idempotency && {
      idempotency: {
        key: idempotency.key,
        caller: idempotency.caller,
        route: idempotency.route,
        body_hash: idempotency.bodyHash,
      },
    }),
    verb: commit.verb,
    last_id: commit.lastId,
    count: commit.count,
    changed: commit.changed,
    changes: [...commit.changes],
  };
}

function fromDocument<R extends Row>(document: CommitDocument): Commit<R> {
  const { idempotency } = document;
  return {
    revision: document._id,
    commitId: document.commit_id,
    at: document.at,
    actor: document.actor,
    from: document.from,
    requestId: document.request_id,
    ...(idempotency && {
      idempotency: {
        key: idempotency.key,
        caller: idempotency.caller,
        route: idempotency.route,
        bodyHash: idempotency.body_hash,
      },
    }),
    verb: document.verb,
    lastId: document.last_id,
    count: document.count,
    changed: document.changed,
    changes: document.changes as Change<R>[],
  };
}
