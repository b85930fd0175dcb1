// Enrols hosts by writing what is known of them into a database, as one more replica would: to enrol so many one by one would take
// longer than all that is measured. Each is as a host is that has checked in a moment ago, so that the first round measures what the last does.

import { loadContract } from '@egg/contract';
import type { Host } from '@egg/contract/types/eggs';
import { createLog } from '@egg/service';
import { type Database, declareTable, DURABLE, type Fields, openDatabase, type Table } from '@egg/store';
import { Credentials } from '../packages/service/src/access/credentials.ts';
import { hashOf, newSecret, type Secret } from '../packages/service/src/access/secret.ts';
import { takeReport } from '../services/eggs/src/domain/host-state.ts';
import { hostStates, prepareStates } from '../services/eggs/src/hosts/state-document.ts';

/** What a host says that it runs. */
export const EGGS = [{ egg: 'agent', version: '1.0.0' }];
/** Hosts in one commit. */
const BATCH = 1000;
/** No host goes offline meanwhile. */
const INTERVAL_SECONDS = 3600;

/** Makes hosts in a database that no system has used yet. Answers with their own tokens. */
export async function makeHosts(url: string, name: string, count: number): Promise<string[]> {
  const log = createLog({ service: 'bench', level: 'error' });
  const database = await openDatabase({ url, name, log });
  const { table } = await declareTable<Host, object, { id: number }>(loadContract(), 'hosts').open({
    database,
    log,
  });
  const secrets: string[] = [];
  try {
    // As the services do it, while there is nothing yet.
    await new Credentials(database).prepare();
    await prepareStates(hostStates(database));
    while (secrets.length < count) {
      const made = Array.from({ length: Math.min(BATCH, count - secrets.length) }, newSecret);
      const ids = await enrol(table, made, secrets.length + 1);
      await Promise.all([keepSecrets(database, made, ids), keepStates(database, ids)]);
      secrets.push(...made.map(({ secret }) => secret));
    }
    await followed(database, table.revision);
  } finally {
    await table.close();
    await database.close();
  }
  return secrets;
}

async function enrol(table: Table<Host>, made: readonly Secret[], first: number): Promise<number[]> {
  const { commit } = await table.submit({
    origin: { actor: 'bench', from: '', requestId: '' },
    deadline: Date.now() + 30_000,
    decide: (view) => {
      for (const [index, { key }] of made.entries()) {
        const fields = { name: `bench-${first + index}`, platform: 'linux/amd64', labels: {}, address: '' };
        view.add({ ...fields, token_key: key, enrolled_at: view.at } as unknown as Fields<Host>);
      }
      return { verb: 'enrolled' };
    },
  });
  return commit?.changes.map(({ id }) => id) ?? [];
}

async function keepSecrets(
  database: Database,
  made: readonly Secret[],
  ids: readonly number[],
): Promise<void> {
  const documents = made.map(({ key, secret }, index) => ({
    _id: key,
    hash: hashOf(secret).toString('hex'),
    role: 'host',
    name: `host ${ids[index]}`,
    host: ids[index],
    issued_at: new Date(),
  }));
  await database.collection<{ _id: string }>('credentials').insertMany(documents, DURABLE);
}

async function keepStates(database: Database, ids: readonly number[]): Promise<void> {
  const report = { hash: '', at: new Date(), eggs: EGGS, intervalSeconds: INTERVAL_SECONDS };
  const taken = takeReport(undefined, report);
  if (taken.kind !== 'new') throw new Error('a first check-in is a new one');
  const { state } = taken;
  const rest = { version: 1, written_by: 'bench', batches: [] };
  await hostStates(database).insertMany(
    ids.map((_id) => ({ _id, ...state, ...rest })),
    DURABLE,
  );
}

/** What follows from the commits is done, so that no replica does it while something is measured. */
async function followed(database: Database, revision: number): Promise<void> {
  const positions = database.collection<{ _id: string; revision: number }>('positions');
  await positions.insertMany(['hosts_kept', 'hosts_told'].map((_id) => ({ _id, revision })));
}
