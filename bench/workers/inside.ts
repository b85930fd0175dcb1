// The blocklists service and its callers in one process: what the service itself can do, without gRPC, frames and HTTP. The callers
// go through the pipeline that serves every call (authorise, decode, validate, handle, encode), and the relays tell the bus.

import { Readable } from 'node:stream';
import { loadContract } from '@egg/contract';
import { connectBus, startTableRelays } from '@egg/bus';
import type { Handlers } from '@egg/rpc';
import { createLog, createMetrics, makeAuthorize } from '@egg/service';
import { openDatabase } from '@egg/store';
import { createPipeline } from '../../packages/rpc/src/pipeline.ts';
import { ServerCall } from '../../packages/rpc/src/server-call.ts';
import { DomainLookup } from '../../services/blocklists/src/lookup/domain-lookup.ts';
import { ProcessLookup } from '../../services/blocklists/src/lookup/process-lookup.ts';
import { counterMethods } from '../../services/blocklists/src/rpc/counter.ts';
import { domainImport } from '../../services/blocklists/src/rpc/import.ts';
import { domainBlocks, processBlocks } from '../../services/blocklists/src/tables.ts';
import { closedLoop } from '../closed-loop.ts';
import type { Round } from '../model.ts';
import { serveRounds, settings } from './protocol.ts';

/** As the gateway gives to a call. */
const TIMEOUT_MS = 10_000;

const { mongoUrl, natsUrl } = settings<{ mongoUrl: string; natsUrl: string }>();
const log = createLog({ service: 'inside', level: 'error' });
const contract = loadContract();
const database = await openDatabase({ url: mongoUrl, name: 'bench_inside', log });
const bus = connectBus({ url: natsUrl, prefix: 'bench_inside', name: 'inside', log });
const domains = await domainBlocks(contract, new DomainLookup()).open({ database, log });
const processes = await processBlocks(contract, new ProcessLookup()).open({ database, log });
for (const { table } of [domains, processes]) {
  const { name, counter } = contract.table(table.name);
  startTableRelays({ bus, log, table: name, ...(counter && { counter }), source: table.source() });
}
const counters = counterMethods({
  counter_for_domain: domains.table,
  counter_for_process: processes.table,
});
const pipeline = createPipeline({ authorize: makeAuthorize({}), log, observe: createMetrics().observe });

let calls = 0;

/** Calls one method as a carrier of frames would, with the request as bytes. */
function caller(service: string, name: string, handlers: Handlers) {
  const method = contract.service(service).methods.find((one) => one.name === name);
  const handler = handlers[name];
  if (!method || !handler) throw new Error(`${service} has no ${name}`);
  return (request: object): Promise<Uint8Array> => {
    const metadata = { 'x-request-id': `bench-${++calls}`, 'x-forwarded-for': '127.0.0.1' };
    const call = new ServerCall({ metadata, deadline: Date.now() + TIMEOUT_MS, peer: '127.0.0.1' });
    return pipeline.reply(method, handler, method.request.encode(request), call);
  };
}

const add = caller('egg.blocklists.v1.DomainBlockService', 'Add', domains.handlers);
const raise = caller('egg.blocklists.v1.CounterService', 'Update', counters);

const importing = contract
  .service('egg.blocklists.v1.DomainBlockService')
  .methods.find(({ name }) => name === 'Import');
const importHandler = domainImport(domains.table, log)['Import'];
let names = 0;

/** Imports one list of plain names, none of which is there yet. `rows` says how many. */
async function importList(rows: number): Promise<Round> {
  if (!importing || !importHandler) throw new Error('there is no import');
  const lines = Array.from({ length: rows }, () => `import-${++names}.bench.example.com\n`);
  const requests = pieces(lines).map((content, index) =>
    importing.request.encode(index === 0 ? { format: 'plain', content } : { content }),
  );
  const started = performance.now();
  const call = new ServerCall({ metadata: {}, deadline: Infinity, peer: '127.0.0.1' });
  const replies = pipeline.replies(importing, importHandler, Readable.from(requests), call);
  for await (const reply of replies) void reply;
  return { ops: rows, seconds: (performance.now() - started) / 1000 };
}

function pieces(lines: readonly string[]): Buffer[] {
  const size = 1000;
  return Array.from({ length: Math.ceil(lines.length / size) }, (_, index) =>
    Buffer.from(lines.slice(index * size, (index + 1) * size).join('')),
  );
}

serveRounds({
  add: (callers, ms) => closedLoop(callers, ms, () => add({ domain: `inside-${++names}.bench.example.com` })),
  import: (rows) => importList(rows),
  raise: (callers, ms) => closedLoop(callers, ms, () => raise({ field: 'counter_for_domain' })),
});
