// What the tests of checks stand on: replicas of the two lists over one database, with their methods as a caller has them.

import { loadContract } from '@egg/contract';
import type {
  AddDomainBlockRequest,
  AddProcessBlockRequest,
  DomainBlock,
  DomainVerdict,
  ProcessBlock,
  ProcessVerdict,
  UpdateDomainBlockRequest,
} from '@egg/contract/types/blocklists';
import type { CallContext, Handlers, UnaryHandler } from '@egg/rpc';
import type { Database, Table } from '@egg/store';
import { quiet } from '@egg/testing';
import { DomainLookup } from '../src/lookup/domain-lookup.ts';
import { ProcessLookup } from '../src/lookup/process-lookup.ts';
import { domainCheck, processCheck } from '../src/rpc/check.ts';
import { domainBlocks, processBlocks } from '../src/tables.ts';

const contract = loadContract();

/** Calls one method as a gateway does: what breaks the rules of the proto does not get to the handler. */
async function call<Reply>(
  handlers: Handlers,
  name: string,
  request: object,
  timeoutMs = 5000,
): Promise<Reply> {
  const context: CallContext = {
    caller: { name: 'tester', role: 'admin' },
    requestId: 'r',
    from: '127.0.0.1',
    deadline: Date.now() + timeoutMs,
    signal: new AbortController().signal,
    method: contract.service('egg.blocklists.v1.DomainBlockService').methods[0] as CallContext['method'],
    requestBytes: new Uint8Array(),
  };
  return (await (handlers[name] as UnaryHandler)(request as never, context)) as Reply;
}

/** One replica of the list of domains. */
export interface Domains {
  readonly table: Table<DomainBlock>;
  readonly lookup: DomainLookup;
  add(request: AddDomainBlockRequest): Promise<DomainBlock>;
  update(request: UpdateDomainBlockRequest): Promise<DomainBlock>;
  remove(id: number): Promise<DomainBlock>;
  check(domain: string, options?: { min_revision?: number; timeoutMs?: number }): Promise<DomainVerdict>;
  checkAll(request: object): Promise<DomainVerdict[]>;
}

export async function openDomains(database: Pick<Database, 'collection'>): Promise<Domains> {
  const lookup = new DomainLookup();
  const declared = domainBlocks(contract, lookup);
  const { table, handlers: standard } = await declared.open({ database, log: quiet });
  const handlers = { ...standard, ...domainCheck(table, lookup) };
  const one = async (name: string, request: object) =>
    (await call<{ data: DomainBlock }>(handlers, name, request)).data;
  return {
    table,
    lookup,
    add: (request) => one('Add', request),
    update: (request) => one('Update', request),
    remove: (id) => one('Delete', { id }),
    check: async (domain, { timeoutMs, ...options } = {}) =>
      (await call<{ verdict: DomainVerdict }>(handlers, 'Check', { domain, ...options }, timeoutMs)).verdict,
    checkAll: async (request) =>
      (await call<{ verdicts: DomainVerdict[] }>(handlers, 'Check', request)).verdicts,
  };
}

/** One replica of the list of processes. */
export interface Processes {
  readonly table: Table<ProcessBlock>;
  add(request: AddProcessBlockRequest): Promise<ProcessBlock>;
  remove(id: number): Promise<ProcessBlock>;
  check(process: string, signatures?: string[]): Promise<ProcessVerdict>;
}

export async function openProcesses(database: Pick<Database, 'collection'>): Promise<Processes> {
  const lookup = new ProcessLookup();
  const declared = processBlocks(contract, lookup);
  const { table, handlers: standard } = await declared.open({ database, log: quiet });
  const handlers = { ...standard, ...processCheck(table, lookup) };
  const one = async (name: string, request: object) =>
    (await call<{ data: ProcessBlock }>(handlers, name, request)).data;
  return {
    table,
    add: (request) => one('Add', request),
    remove: (id) => one('Delete', { id }),
    check: async (process, signatures) =>
      (
        await call<{ data: ProcessVerdict }>(handlers, 'Check', {
          process,
          ...(signatures && { signatures }),
        })
      ).data,
  };
}
