// The baselines: single writes by the bare driver, each acknowledged by a majority and on disk, as MongoDB is used without a log.

import mongoose from 'mongoose';
import { closedLoop } from '../closed-loop.ts';
import type { Round } from '../model.ts';
import { serveRounds, settings } from './protocol.ts';

const DURABLE = { writeConcern: { w: 'majority', j: true } } as const;

/** A row of `domain_block` as the service stores it. */
interface Row {
  _id: number;
  revision: number;
  domain: string;
  match: string;
  action: string;
  comment: string;
  sources: string[];
  enabled: boolean;
  created_at: Date;
  updated_at: Date;
}

const { mongoUrl } = settings<{ mongoUrl: string }>();
const connection = await mongoose.createConnection(mongoUrl, { dbName: 'bench_raw' }).asPromise();
const { db } = connection;
if (!db) throw new Error('the connection has no database');
const rows = db.collection<Row>('domain_block');
const counters = db.collection<{ _id: string; value: number }>('counter');
await counters.insertOne({ _id: 'counter_for_domain', value: 0 }, DURABLE);

let id = 0;

function newRow(): Row {
  const now = new Date();
  id++;
  return {
    _id: id,
    revision: id,
    domain: `raw-${id}.bench.example.com`,
    match: 'subdomains',
    action: 'block',
    comment: '',
    sources: ['manual'],
    enabled: true,
    created_at: now,
    updated_at: now,
  };
}

function insertOne(): Promise<unknown> {
  return rows.insertOne(newRow(), DURABLE);
}

/** As many rows in one command as a commit has changes. */
async function insertMany(count: number): Promise<Round> {
  const size = 1000;
  const started = performance.now();
  for (let done = 0; done < count; done += size) {
    await rows.insertMany(Array.from({ length: Math.min(size, count - done) }, newRow), {
      ordered: true,
      ...DURABLE,
    });
  }
  return { ops: count, seconds: (performance.now() - started) / 1000 };
}

function increment(): Promise<unknown> {
  return counters.updateOne({ _id: 'counter_for_domain' }, { $inc: { value: 1 } }, DURABLE);
}

serveRounds({
  insertOne: (callers, ms) => closedLoop(callers, ms, insertOne),
  insertMany: (count) => insertMany(count),
  increment: (callers, ms) => closedLoop(callers, ms, increment),
});
