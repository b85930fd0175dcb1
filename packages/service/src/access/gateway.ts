// The access of the gateway, which keeps nothing and has the database for this alone. It starts without it, and asks again until it is
// there.

import { type Database, openDatabase } from '@egg/store';
import type { Config } from '../config.ts';
import type { Logger } from '../log.ts';
import { type Access, accessTo } from './access.ts';

export interface GatewayAccess extends Access {
  /** Resolves when the database has answered for the first time. */
  readonly connected: Promise<void>;
  /** Stops looking, and closes the database. */
  close(): Promise<void>;
}

/** Opens it. Answers at once. */
export function gatewayAccess({ config, log }: { config: Config; log: Logger }): GatewayAccess {
  const stopping = new AbortController();
  const { url, database: name } = config.mongodb;
  const database: Promise<Database> = openDatabase({ url, name, log, signal: stopping.signal });
  database.catch(() => undefined); // only a stop ends the tries
  const { authorize, isOpen, stop } = accessTo(database, { adminToken: config.adminToken, log });
  return {
    authorize,
    isOpen,
    stop,
    connected: database.then(() => undefined),
    close: async () => {
      stop();
      stopping.abort();
      await database.then(
        (there) => there.close(),
        () => undefined,
      );
    },
  };
}
