// A service that is made of tables: opens them, tells the bus of their commits, serves their methods, and ends all of it in order.

import { setTimeout as delay } from 'node:timers/promises';
import type { Contract, TableContract } from '@egg/contract';
import { type Bus, connectBus, startTableRelays, type TableRelays } from '@egg/bus';
import { type Handlers, type RpcServer, startServer } from '@egg/rpc';
import {
  type AnyTable,
  type Database,
  type OpenOptions,
  openDatabase,
  type OpenedTable,
  type OwnTarget,
  type Row,
  type Table,
  type Target,
} from '@egg/store';
import { refuseOpenAddress, serviceAccess, type ServiceAccess } from './access/access.ts';
import type { ServiceName } from './config.ts';
import { inNetworks } from './networks.ts';
import { type Others, otherServices } from './others.ts';
import { referenceMethods } from './references.ts';
import type { Running, ServiceContext } from './run.ts';

interface AnyDeclared {
  readonly contract: TableContract;
  open(options: OpenOptions): Promise<OpenedTable>;
}
type Declarations = Readonly<Record<string, AnyDeclared>>;

/** The opened tables under the names of their declarations. */
export type Opened<D extends Declarations> = {
  readonly [name in keyof D]: Awaited<ReturnType<D[name]['open']>>['table'];
};

/** How their own methods write, under the same names. */
type OpenedWrites<D extends Declarations> = {
  readonly [name in keyof D]: Awaited<ReturnType<D[name]['open']>>['writes'];
};

export interface TableService<D extends Declarations> {
  readonly name: ServiceName;
  readonly contract: Contract;
  readonly tables: D;
  /** The methods that a table does not have by itself, by the full name of the service. */
  readonly methods: (tables: Opened<D>, parts: ServiceParts<D>) => Methods | Promise<Methods>;
}

type Methods = Readonly<Record<string, Handlers>>;

/** For methods that stand on more than the tables. */
export interface ServiceParts<D extends Declarations = Declarations> {
  readonly database: Database;
  readonly bus: Bus;
  readonly access: ServiceAccess;
  readonly others: Others;
  readonly writes: OpenedWrites<D>;
  /** The methods that the tables have by themselves. */
  readonly standard: Methods;
  /** What goes on beside the calls is ended by this, when no more calls come and while the tables are still open. */
  readonly onStop: (stop: () => Promise<void>) => void;
}

/**
 * How long each step of a stop may take, all in all less than a supervisor waits: for calls under way, for the bus to have every event
 * (what it has not by then is sent at the next start), and for a database that may be away.
 */
const GRACE_MS = 3000;
const DRAIN_MS = 1500;
const CLOSE_MS = 1500;
const WATCH_MS = 1000;
/** How often what dead processes left of references is looked for. */
const SWEEP_MS = 60_000;

/** Starts it: indexes, fold, relays, then the server. Throws where something cannot be had. */
export async function startTableService<D extends Declarations>(
  { config, log, metrics }: ServiceContext,
  service: TableService<D>,
): Promise<Running> {
  const database = await openDatabase({ url: config.mongodb.url, name: config.mongodb.database, log });
  const access = serviceAccess(database, { adminToken: config.adminToken, log });
  // In the open mode a service, like the gateway, is for this machine alone.
  await refuseOpenAddress(access, 'EGG_GRPC_HOST', config.grpcHost);
  const others = otherServices({
    contract: service.contract,
    config,
    log,
    authorization: () => access.authorization(service.name),
  });
  const targets = new Map<string, OwnTarget>();
  const targetOf = (table: string): Target => targets.get(table) ?? others.targetOf(table);
  const opened = await Promise.all(
    Object.entries(service.tables).map(async ([name, declared]) => ({
      name,
      contract: declared.contract,
      ...(await declared.open({ database, log, targetOf, read })),
    })),
  );
  for (const { contract, target } of opened) if (target) targets.set(contract.name, target);
  async function read<T extends Row>(name: string, id: number): Promise<T | undefined> {
    const own = opened.find(({ contract }) => contract.name === name);
    if (!own) return others.read<T>(name, id);
    // Another replica may have answered a write of it a moment ago.
    await own.table.follow();
    return (own.table as Table<T>).current(id);
  }
  const tables = Object.fromEntries(opened.map(({ name, table }) => [name, table])) as Opened<D>;
  const standard = Object.fromEntries(opened.map(({ contract, handlers }) => [contract.service, handlers]));
  const bus = connectBus({ ...config.bus, name: service.name, log });
  const relays = opened.map(({ contract: { name, counter }, table }) => ({
    table,
    relay: startTableRelays({ bus, log, table: name, ...(counter && { counter }), source: table.source() }),
  }));
  const stops: (() => Promise<void>)[] = [];
  const writes = Object.fromEntries(opened.map(({ name, writes }) => [name, writes])) as OpenedWrites<D>;
  const parts = {
    database,
    bus,
    access,
    others,
    writes,
    standard,
    onStop: (stop: () => Promise<void>) => void stops.push(stop),
  };
  // Where other services point at tables of this one.
  const references = service.contract.services
    .filter(({ name }) => name === `egg.${service.name}.v1.ReferenceService`)
    .map(({ name }) => [name, referenceMethods(targets)] as const);
  const server = await startServer({
    host: config.grpcHost,
    port: config.services[service.name].port,
    contract: service.contract,
    services: merge({ ...standard, ...Object.fromEntries(references) }, await service.methods(tables, parts)),
    authorize: access.authorize,
    trustForwarded: inNetworks(config.trustedProxies),
    log,
    observe: metrics.observe,
  });
  const watch = watchDatabase(database, server);
  const sweep = setInterval(() => void sweepAll(opened, log), SWEEP_MS);
  return {
    ready: { port: server.port },
    stop: async () => {
      clearInterval(watch);
      clearInterval(sweep);
      others.close();
      access.stop();
      await server.stop({ graceMs: GRACE_MS });
      await within(
        CLOSE_MS,
        stops.map((stop) => stop()),
      );
      await within(
        DRAIN_MS,
        relays.map(({ table, relay }) => drain(table, relay)),
      );
      await within(
        CLOSE_MS,
        opened.map(({ table }) => table.close()),
      );
      await within(CLOSE_MS, [bus.close(), database.close()]);
    },
  };
}

/** Waits for all, but no longer than `ms`: what is left then is in the database's or the next start's hands. */
async function within(ms: number, ends: readonly Promise<void>[]): Promise<void> {
  const timer = new AbortController();
  await Promise.race([
    Promise.all(ends),
    delay(ms, undefined, { signal: timer.signal }).catch(() => undefined),
  ]);
  timer.abort();
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

async function sweepAll(opened: readonly OpenedTable[], log: ServiceContext['log']): Promise<void> {
  for (const { table, sweep } of opened) {
    await sweep().catch((error: unknown) => log.debug({ err: error, table: table.name }, 'the sweep waits'));
  }
}

async function drain(table: AnyTable, relays: TableRelays): Promise<void> {
  await relays.caughtUp(table.revision, AbortSignal.timeout(DRAIN_MS - 200)).catch(() => undefined);
  await relays.stop();
}
