// AuditService: who changed what, when and from where, read from the logs of every table of the system.

import type { Contract } from '@egg/contract';
import type { ExportAuditRequest, ListAuditRequest } from '@egg/contract/types/eggs';
import type { Handlers } from '@egg/rpc';
import { invalidField } from '@egg/rpc/errors';
import { type AuditEntry, auditEntries, auditPage, type Database } from '@egg/store';

const LIMIT = 100;
/** About how many bytes go out at once. */
const PIECE = 64 * 1024;

/** The methods over a database that all services share. */
export function auditMethods(contract: Contract, database: Database): Handlers {
  const names = contract.tables.map(({ name }) => name);
  const from = ({ table, record_id }: ExportAuditRequest) => {
    if (table !== undefined && !names.includes(table))
      throw invalidField('table', `has to be one of ${names.join(', ')}`);
    if (table === undefined && record_id !== undefined)
      throw invalidField('record_id', 'needs the table that it is of');
    return { database, tables: table === undefined ? names : [table] };
  };
  return {
    async List(request: ListAuditRequest) {
      const { limit = LIMIT, cursor } = request;
      const page = await auditPage(from(request), filterOf(request), {
        limit,
        ...(cursor !== undefined && { cursor }),
      });
      return {
        data: page.entries.map(told),
        ...(page.nextCursor !== undefined && { next_cursor: page.nextCursor }),
      };
    },

    async *Export(request: ExportAuditRequest) {
      const source = from(request);
      yield { content_type: 'application/x-ndjson' };
      let lines = '';
      for await (const entry of auditEntries(source, filterOf(request))) {
        lines += `${JSON.stringify(told(entry))}\n`;
        if (lines.length < PIECE) continue;
        yield { content: Buffer.from(lines) };
        lines = '';
      }
      if (lines !== '') yield { content: Buffer.from(lines) };
    },
  };
}

function filterOf({ actor, record_id, since, until }: ExportAuditRequest) {
  return {
    ...(actor !== undefined && { actor }),
    ...(record_id !== undefined && { recordId: record_id }),
    ...(since && { since }),
    ...(until && { until }),
  };
}

function told({ table, commit, change }: AuditEntry): object {
  const { _id: revision, at, actor, from, request_id, verb } = commit;
  return {
    table,
    revision,
    at,
    actor,
    from,
    request_id,
    verb,
    ...(change && { record_id: change.id }),
    ...(change?.before && { before: change.before }),
    ...(change?.after && { after: change.after }),
  };
}
