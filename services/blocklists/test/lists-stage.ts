// What the tests of lists stand on: a table of domains of their own, its methods as a caller has them, and a model of a list.

import { loadContract } from '@egg/contract';
import type { DomainBlock } from '@egg/contract/types/blocklists';
import type { CallContext, Handlers } from '@egg/rpc';
import type { Commit, Database, Table } from '@egg/store';
import { quiet, testName } from '@egg/testing';
import { decideDomain } from '../src/domain/precedence.ts';
import { DomainLookup } from '../src/lookup/domain-lookup.ts';
import { domainExport } from '../src/rpc/export.ts';
import { domainImport } from '../src/rpc/import.ts';
import { revertMethod } from '../src/rpc/revert.ts';
import { domainBlocks } from '../src/tables.ts';

const contract = loadContract();

export interface ImportResult {
  added: number;
  existing: number;
  removed: number;
  refused: number;
  errors: { line: number; reason: string }[];
  counter: number;
}

type Parameters = Readonly<Record<string, unknown>>;

/** A call without an end, that can be aborted. */
export function context(signal = new AbortController().signal): CallContext {
  return {
    caller: { name: 'tester', role: 'admin' },
    requestId: 'r',
    from: '127.0.0.1',
    deadline: Infinity,
    signal,
    method: contract.service('egg.blocklists.v1.DomainBlockService').methods[0] as CallContext['method'],
    requestBytes: new Uint8Array(),
  };
}

/** One replica of the list of domains. */
export class Domains {
  readonly table: Table<DomainBlock>;
  readonly handlers: Handlers;
  readonly commits: Commit<DomainBlock>[] = [];

  private constructor(table: Table<DomainBlock>, handlers: Handlers) {
    this.table = table;
    this.handlers = {
      ...handlers,
      ...domainImport(table, quiet),
      ...domainExport(table),
      ...revertMethod(table, quiet),
    };
    table.onCommit((commit) => void this.commits.push(commit));
  }

  /** A table with a name of its own in the database. */
  static async open(database: Database): Promise<Domains> {
    const prefix = testName();
    const named = { ...database, collection: (name: string) => database.collection(`${prefix}_${name}`) };
    const opened = await domainBlocks(contract, new DomainLookup()).open({
      database: named as never,
      log: quiet,
    });
    return new Domains(opened.table, opened.handlers);
  }

  async add(fields: Parameters): Promise<DomainBlock> {
    const { Add } = this.handlers;
    if (!Add) throw new Error('the table has no Add');
    return ((await Add(fields as never, context())) as { data: DomainBlock }).data;
  }

  /** Imports a text, or pieces of it. */
  async import(
    list: string | AsyncIterable<Uint8Array>,
    parameters: Parameters = {},
    signal?: AbortSignal,
  ): Promise<ImportResult> {
    async function* requests() {
      yield parameters;
      if (typeof list !== 'string') for await (const content of list) yield { content };
      else
        for (let at = 0; at < list.length; at += 10_000)
          yield { content: Buffer.from(list.slice(at, at + 10_000)) };
    }
    return (await this.#last('Import', requests(), signal)) as ImportResult;
  }

  async revert(
    revision: number,
  ): Promise<{ revision: number; added: number; removed: number; changed: number }> {
    return (await this.#last('Revert', { revision })) as never;
  }

  /** The whole text of an export. */
  async export(parameters: Parameters): Promise<string> {
    const pieces: string[] = [];
    const replies = this.handlers['Export']?.(parameters as never, context()) as AsyncIterable<{
      content?: Buffer;
    }>;
    for await (const { content } of replies) if (content) pieces.push(content.toString());
    return pieces.join('');
  }

  /** All entries, by id. */
  async list(revision?: number): Promise<DomainBlock[]> {
    const rows: DomainBlock[] = [];
    const delta = await this.table.changes(0, revision);
    for await (const { added = [] } of delta.chunks) rows.push(...added);
    return rows;
  }

  async #last(name: string, request: unknown, signal?: AbortSignal): Promise<unknown> {
    let last: { data?: unknown } = {};
    const replies = this.handlers[name]?.(request as never, context(signal)) as AsyncIterable<{
      data?: unknown;
    }>;
    for await (const reply of replies) last = reply;
    return last.data;
  }
}

/** What matters of an entry to whoever enforces the list. */
export function rulesOf(rows: readonly Pick<DomainBlock, 'domain' | 'match' | 'action'>[]): string[] {
  return rows.map(({ domain, match, action }) => `${action} ${match} ${domain}`).sort();
}

/** Of these names, those that the list blocks. */
export function blockedOf(rows: Iterable<DomainBlock>, names: readonly string[]): Set<string> {
  const all = [...rows];
  return new Set(names.filter((name) => decideDomain(name, all, new Date()).blocked));
}
