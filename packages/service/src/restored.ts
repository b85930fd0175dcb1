// `npm run restored`, after the database was restored from a copy: every table begins a new history, so that whoever followed it
// starts again at 0, and the streams are filled again from the logs. To be run while the services are stopped, or before they are
// started again; the database and the bus have to run.

import { connectBus, deleteStreams } from '@egg/bus';
import { loadContract } from '@egg/contract';
import { openDatabase, renewHistory } from '@egg/store';
import { readConfig } from './config.ts';
import { createLog } from './log.ts';

const WAIT_MS = 10_000;

const config = readConfig();
const log = createLog({ service: 'restored', level: config.logLevel });
const signal = AbortSignal.timeout(WAIT_MS);
const database = await openDatabase({ url: config.mongodb.url, name: config.mongodb.database, log, signal });
const bus = connectBus({ ...config.bus, name: 'restored', log });
for (const { name, counter } of loadContract().tables) {
  await renewHistory(database, name);
  await deleteStreams(bus, { table: name, counter }, signal);
  log.info({ table: name }, 'a new history begins');
}
await bus.close();
await database.close();
log.info('start the services again now');
