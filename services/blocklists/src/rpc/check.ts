// Check: whether a name or a process is blocked and by which entry, from memory. A check of one replica is right for every write that
// it answered before; `min_revision` makes it right for a write that another one answered.

import type { Violation } from '@egg/contract';
import type {
  CheckDomainReply,
  CheckDomainRequest,
  CheckProcessReply,
  CheckProcessRequest,
  DomainBlock,
  DomainVerdict,
  ProcessBlock,
} from '@egg/contract/types/blocklists';
import type { CallContext, Handlers } from '@egg/rpc';
import { invalidField, invalidFields } from '@egg/rpc/errors';
import type { Row, Table } from '@egg/store';
import { canonicalDomain } from '../domain/domain-name.ts';
import { processName } from '../domain/process-name.ts';
import type { DomainLookup } from '../lookup/domain-lookup.ts';
import type { ProcessLookup, ProcessRule } from '../lookup/process-lookup.ts';

/** How long a check waits for the log where its caller waits longer. */
const LONGEST_WAIT_MS = 5000;
/** More than these are not told: a request so wrong is not mended from its error. */
const MOST_VIOLATIONS = 20;

/** Check for the list of domains. */
export function domainCheck(table: Table<DomainBlock>, lookup: DomainLookup): Handlers {
  const verdictOn = (domain: string): DomainVerdict => {
    const rule = lookup.decide(domain, Date.now());
    if (!rule) return { domain, blocked: false };
    const entry = { id: table.idOf(rule) ?? 0, ...rule };
    return rule.action === 'block'
      ? { domain, blocked: true, by: entry }
      : { domain, blocked: false, allowed_by: entry };
  };
  return {
    async Check(
      { domain, domains, min_revision }: CheckDomainRequest,
      context: CallContext,
    ): Promise<Partial<CheckDomainReply>> {
      if ((domain === undefined) === (domains === undefined)) throw oneOfBoth(domain !== undefined);
      const names = canonicalNames(domain === undefined ? (domains ?? []) : [domain], domain === undefined);
      await reach(table, min_revision, context);
      const verdicts = names.map(verdictOn);
      return domain === undefined ? { verdicts } : { ...(verdicts[0] && { verdict: verdicts[0] }) };
    },
  };
}

/** Check for the list of processes. */
export function processCheck(table: Table<ProcessBlock>, lookup: ProcessLookup): Handlers {
  return {
    async Check(
      { process, signatures = [], min_revision }: CheckProcessRequest,
      context: CallContext,
    ): Promise<CheckProcessReply> {
      const name = processName(process);
      if (!name.ok) throw invalidField('process', name.reason);
      await reach(table, min_revision, context);
      const { blocked, by, allowedBy } = lookup.decide(process, signatures, new Date());
      return {
        data: {
          process,
          blocked,
          ...(by && { by: shown(by) }),
          ...(allowedBy && { allowed_by: shown(allowedBy) }),
        },
      };
    },
  };
}

/** Follows the log up to a revision. Throws OUT_OF_RANGE where the log has not got there, DEADLINE_EXCEEDED or UNAVAILABLE. */
async function reach<R extends Row>(
  table: Table<R>,
  revision: number | undefined,
  { deadline }: CallContext,
): Promise<void> {
  if (revision === undefined || revision <= table.revision) return;
  await table.follow(Math.min(deadline, Date.now() + LONGEST_WAIT_MS));
  table.refuseFuture('min_revision', revision);
}

function canonicalNames(texts: readonly string[], isList: boolean): string[] {
  const violations: Violation[] = [];
  const names = texts.map((text, index) => {
    const name = canonicalDomain(text);
    const reason = name.ok ? (name.wildcard ? 'is a pattern, not one host name' : undefined) : name.reason;
    if (reason !== undefined) violations.push({ field: isList ? `domains[${index}]` : 'domain', reason });
    return name.ok ? name.domain : '';
  });
  if (violations.length > 0) throw invalidFields(violations.slice(0, MOST_VIOLATIONS));
  return names;
}

function oneOfBoth(hasBoth: boolean): Error {
  return hasBoth
    ? invalidField('domains', 'must not be given together with domain')
    : invalidField('domain', 'is required, or domains');
}

function shown({ id, process, signature, action }: ProcessRule) {
  return { id, process, signature, action };
}
