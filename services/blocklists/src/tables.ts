// The tables of this service: what a blocklist's entry is made of, beyond what the proto says.

import type { Contract } from '@egg/contract';
import type {
  AddDomainBlockRequest,
  AddProcessBlockRequest,
  AddSubscriptionRequest,
  DomainBlock,
  ProcessBlock,
  Subscription,
  UpdateDomainBlockRequest,
  UpdateProcessBlockRequest,
  UpdateSubscriptionRequest,
} from '@egg/contract/types/blocklists';
import { invalidField, RpcError } from '@egg/rpc/errors';
import { declareTable, type Fields, type Follower } from '@egg/store';
import { prepareDomain } from './domain/domain-block.ts';
import { processKey, processName } from './domain/process-name.ts';
import { canonicalSignature } from './domain/signature.ts';
import { joinSource } from './domain/sources.ts';
import { refusedBy } from './subscriptions/addresses.ts';
import { changedSubscription, newSubscription } from './subscriptions/rules.ts';
import { withFetches } from './subscriptions/shown.ts';

const DEFAULT_SOURCE = 'manual';

/** Domains, in canonical form. */
export const domainBlocks = (contract: Contract, ...followers: Follower<DomainBlock>[]) =>
  declareTable<DomainBlock, AddDomainBlockRequest, UpdateDomainBlockRequest>(contract, 'domain_block', {
    build: (request) => ({ ...canonicalName(request), ...newEntry(request) }),
    change: (record, request) => {
      const { domain = record.domain, match = request.domain === undefined ? record.match : undefined } =
        request;
      const renamed = domain !== record.domain || match !== record.match;
      const name = renamed
        ? canonicalName({
            domain,
            ...(match && { match }),
            ...(request.force !== undefined && { force: request.force }),
          })
        : { domain, match };
      return { ...name, ...changedEntry(record, request) };
    },
    join,
    filter: ({ source, match, action, enabled }) => selected({ sources: source, match, action, enabled }),
    expiry: 'expires_at',
    followers,
  });

/** Processes, kept as they were written and compared without case. */
export const processBlocks = (contract: Contract, ...followers: Follower<ProcessBlock>[]) =>
  declareTable<ProcessBlock, AddProcessBlockRequest, UpdateProcessBlockRequest>(contract, 'process_block', {
    build: (request) => ({ ...checkedProcess(request), ...newEntry(request) }),
    change: (record, request) => {
      const { process = record.process, signature = record.signature } = request;
      return { ...checkedProcess({ process, signature }), ...changedEntry(record, request) };
    },
    join,
    keyPart: (field, value) => (field === 'process' ? processKey(value) : value),
    filter: ({ source, signature, action, enabled }) =>
      selected({ sources: source, signature, action, enabled }),
    expiry: 'expires_at',
    followers,
  });

/** Remote lists; what their fetches do is no commit, and shown beside the records. */
export const subscriptions = (contract: Contract, config: { readonly allowPrivate: boolean }) =>
  declareTable<Subscription, AddSubscriptionRequest, UpdateSubscriptionRequest>(contract, 'subscription', {
    build: (request) => newSubscription(request, refusedBy(config)),
    change: (record, request) => changedSubscription(record, request, refusedBy(config)),
    decorate: withFetches,
  });

type Entry = Omit<Fields<DomainBlock>, 'domain' | 'match'>;

function canonicalName(
  request: Pick<AddDomainBlockRequest, 'domain' | 'match' | 'force'>,
): Pick<DomainBlock, 'domain' | 'match'> {
  const prepared = prepareDomain(request);
  if (!prepared.ok) throw invalidField(prepared.field, prepared.reason);
  return { domain: prepared.domain, match: prepared.match };
}

function checkedProcess(
  request: Pick<AddProcessBlockRequest, 'process' | 'signature'>,
): Pick<ProcessBlock, 'process' | 'signature'> {
  const process = processName(request.process);
  if (!process.ok) throw invalidField('process', process.reason);
  const signature = canonicalSignature(request.signature);
  if (!signature.ok) throw invalidField('signature', signature.reason);
  return { process: process.process, signature: signature.signature };
}

function newEntry(request: Omit<AddProcessBlockRequest, 'process' | 'signature'>): Entry {
  const { action = 'block', comment = '', source = DEFAULT_SOURCE, enabled = true, expires_at } = request;
  refusePast(expires_at);
  return { action, comment, sources: [source], enabled, ...(expires_at && { expires_at }) };
}

function changedEntry(
  record: Entry,
  request: Omit<UpdateProcessBlockRequest, 'process' | 'signature'>,
): Entry {
  const { action = record.action, comment = record.comment, enabled = record.enabled, source } = request;
  const named = request.sources && request.sources.length > 0 ? request.sources : record.sources;
  const cleared = request.clear?.includes('expires_at') ? undefined : record.expires_at;
  if (request.expires_at?.getTime() !== record.expires_at?.getTime()) refusePast(request.expires_at);
  const expires_at = request.expires_at ?? cleared;
  const sources = source === undefined ? named : [source];
  return { action, comment, sources, enabled, ...(expires_at && { expires_at }) };
}

function refusePast(expiry: Date | undefined): void {
  if (expiry && expiry.getTime() <= Date.now()) throw invalidField('expires_at', 'is in the past');
}

/** An entry from another source joins the one that is there; nothing else of it changes. */
function join<E extends DomainBlock | ProcessBlock>(there: E, added: Fields<E>): Fields<E> {
  const [source = DEFAULT_SOURCE] = added.sources;
  const sources = joinSource(there.sources, source);
  if (!sources) {
    throw new RpcError('ALREADY_EXISTS', `source ${source} has this entry already, as id ${there.id}`, {
      violations: [
        { field: 'domain' in there ? 'domain' : 'process', reason: 'is there already, from this source' },
      ],
    });
  }
  const { id: _id, revision: _revision, created_at: _created, updated_at: _updated, ...fields } = there;
  return { ...fields, sources };
}

function selected(filter: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined));
}
