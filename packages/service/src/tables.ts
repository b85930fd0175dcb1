// A service that is made of tables: opens them, tells the bus of their commits, serves their methods, and ends all of it in order.

import type { Contract, TableContract } from '@egg/contract';
import { connectBus, startTableRelays, type TableRelays } from '@egg/bus';
import { type Handlers, type RpcServer, startServer } from '@egg/rpc';
import { type AnyTable, type Database, openDatabase, type OpenedTable } from '@egg/store';
import { makeAuthorize } from './access.ts';
import type { ServiceName } from './config.ts';
import type { Running, ServiceContext } from './run.ts';

interface AnyDeclared {
  readonly contract: TableContract;
  open(options: { database: Database; log: ServiceContext['log'] }): Promise<OpenedTable>;
}
type Declarations = Readonly<Record<string, AnyDeclared>>;

/** The opened tables under the names of their declarations. */
export type Opened<D extends Declarations> = {
  readonly [name in keyof D]: Awaited<ReturnType<D[name]['open']>>['table'];
};

export interface TableService<D extends Declarations> {
  readonly name: ServiceName;
  readonly contract: Contract;
  readonly tables: D;
  /** The methods that a table does not have by itself, by the full name of the service. */
  readonly methods: (tables: Opened<D>, parts: ServiceParts) => Methods | Promise<Methods>;
}

type Methods = Readonly<Record<string, Handlers>>;

/** For methods that stand on more than the tables. */
export interface ServiceParts {
  readonly database: Database;
  /** The methods that the tables have by themselves. */
  readonly standard: Methods;
  /** What goes on beside the calls is ended by this, when no more calls come and while the tables are still open. */
  readonly onStop: (stop: () => Promise<void>) => void;
}

/** How long a stop waits for the bus to have every event. What it has not by then is sent at the next start. */
const DRAIN_MS = 2000;
const WATCH_MS = 1000;

/** Starts it: indexes, fold, relays, then the server. Throws where something cannot be had. */
export async function startTableService<D extends Declarations>(
  { config, log, metrics }: ServiceContext,
  service: TableService<D>,
): Promise<Running> {
  const database = await openDatabase({ url: config.mongodb.url, name: config.mongodb.database, log });
  const opened = await Promise.all(
    Object.entries(service.tables).map(async ([name, declared]) => ({
      name,
      contract: declared.contract,
      ...(await declared.open({ database, log })),
    })),
  );
  const tables = Object.fromEntries(opened.map(({ name, table }) => [name, table])) as Opened<D>;
  const standard = Object.fromEntries(opened.map(({ contract, handlers }) => [contract.service, handlers]));
  const bus = connectBus({ ...config.bus, name: service.name, log });
  const relays = opened.map(({ contract: { name, counter }, table }) => ({
    table,
    relay: startTableRelays({ bus, log, table: name, ...(counter && { counter }), source: table.source() }),
  }));
  const stops: (() => Promise<void>)[] = [];
  const parts: ServiceParts = { database, standard, onStop: (stop) => void stops.push(stop) };
  const server = await startServer({
    host: config.grpcHost,
    port: config.services[service.name].port,
    contract: service.contract,
    services: merge(standard, await service.methods(tables, parts)),
    authorize: makeAuthorize({ adminToken: config.adminToken }),
    log,
    observe: metrics.observe,
  });
  const watch = watchDatabase(database, server);
  return {
    ready: { port: server.port },
    stop: async () => {
      clearInterval(watch);
      await server.stop();
      await Promise.all(stops.map((stop) => stop()));
      await Promise.all(relays.map(({ table, relay }) => drain(table, relay)));
      await Promise.all(opened.map(({ table }) => table.close()));
      await bus.close();
      await database.close();
    },
  };
}

function merge(
  standard: Readonly<Record<string, Handlers>>,
  own: Readonly<Record<string, Handlers>>,
): Record<string, Handlers> {
  const names = new Set([...Object.keys(standard), ...Object.keys(own)]);
  return Object.fromEntries([...names].map((name) => [name, { ...standard[name], ...own[name] }]));
}

/** Without the database the service answers nothing, and its health says so. */
function watchDatabase(database: Database, server: RpcServer): NodeJS.Timeout {
  return setInterval(() => {
    database.ping().then(
      () => server.setServing(true),
      () => server.setServing(false),
    );
  }, WATCH_MS);
}

async function drain(table: AnyTable, relays: TableRelays): Promise<void> {
  await relays.caughtUp(table.revision, AbortSignal.timeout(DRAIN_MS)).catch(() => undefined);
  await relays.stop();
}
