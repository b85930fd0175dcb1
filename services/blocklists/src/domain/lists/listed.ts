// What a line of a list gives: entries as the blocklists keep them, and what is refused. One reader for each of the two blocklists.

import { type DomainMatch, prepareDomain } from '../domain-block.ts';
import type { Action } from '../precedence.ts';
import { processName } from '../process-name.ts';
import { canonicalSignature } from '../signature.ts';
import { holdsRecord, type ListFormat, READERS } from './formats.ts';
import { DOMAIN_SHAPE, type ListedFields, PROCESS_SHAPE, readRecord } from './jsonl.ts';
import { LONGEST_TEXT_LINE, type Rule } from './line.ts';

/** An entry of a list, of which `name` is what only its own blocklist has. */
export interface Listed<Name> {
  readonly name: Name;
  readonly action: Action;
  readonly comment: string;
  readonly enabled: boolean;
  readonly expires_at?: Date;
  /** Who put it there, where the list says so. */
  readonly sources?: readonly string[];
  /** The list says all of the entry, not only what it matches. */
  readonly isWhole: boolean;
  /** Its identity in the table that it comes from. Only where that is to be kept. */
  readonly kept?: { readonly id: number; readonly created_at?: Date; readonly updated_at?: Date };
}

interface ReadLine<Name> {
  readonly entries: readonly Listed<Name>[];
  /** Why there are not more of them; each continues a sentence that begins with the line. */
  readonly reasons: readonly string[];
}

export type LineReader<Name> = (text: string) => ReadLine<Name>;

export interface DomainName {
  readonly domain: string;
  readonly match: DomainMatch;
}

export interface ProcessName {
  readonly process: string;
  readonly signature: string;
}

export interface ReadOptions {
  /** Records keep their ids and ages. */
  readonly isRestore: boolean;
  /** What has expired by then is refused, unless it is restored. */
  readonly now: Date;
}

/** Ids beyond this one would make every pass over a table's ids take for ever. */
const LARGEST_ID = 10_000_000;

/** Reads lines of a list of domains. `force` takes public suffixes. */
export function domainReader(
  options: ReadOptions & { readonly format: ListFormat; readonly force: boolean },
): LineReader<DomainName> {
  const { format, force } = options;
  const readText = format === 'jsonl' ? undefined : READERS[format];
  return (text) => {
    if (readText === undefined || holdsRecord(format, text)) {
      return readWhole<{ domain: string; match?: DomainMatch }, DomainName>(
        text,
        DOMAIN_SHAPE,
        options,
        (record) => prepare(record.domain, record.match, force),
      );
    }
    if (text.length > LONGEST_TEXT_LINE) return refused(`is longer than ${LONGEST_TEXT_LINE / 1024} KiB`);
    const read = readText(text);
    return read.reason === undefined ? readRules(read.rules, force) : refused(read.reason);
  };
}

/** Reads lines of a list of processes, which are records. */
export function processReader(options: ReadOptions): LineReader<ProcessName> {
  return (text) =>
    readWhole<ProcessName, ProcessName>(text, PROCESS_SHAPE, options, (record) => {
      const process = processName(record.process);
      if (!process.ok) return { reason: `process ${process.reason}` };
      const signature = canonicalSignature(record.signature);
      if (!signature.ok) return { reason: `signature ${signature.reason}` };
      return { name: { process: process.process, signature: signature.signature } };
    });
}

type Prepared<Name> = { readonly name: Name; readonly reason?: never } | { readonly reason: string };

function prepare(domain: string, match: DomainMatch | undefined, force: boolean): Prepared<DomainName> {
  const prepared = prepareDomain({ domain, match, force });
  if (prepared.ok) return { name: { domain: prepared.domain, match: prepared.match } };
  return { reason: `${prepared.field} ${prepared.reason.replace('send force: true', 'say force=true')}` };
}

function readRules(rules: readonly Rule[], force: boolean): ReadLine<DomainName> {
  const entries: Listed<DomainName>[] = [];
  const reasons: string[] = [];
  for (const { domain, match, action } of rules) {
    const prepared = prepare(domain, match, force);
    if (prepared.reason !== undefined) reasons.push(prepared.reason);
    else entries.push({ name: prepared.name, action, comment: '', enabled: true, isWhole: false });
  }
  return { entries, reasons };
}

function readWhole<Given, Name>(
  text: string,
  shape: typeof DOMAIN_SHAPE,
  { isRestore, now }: ReadOptions,
  prepared: (record: Given) => Prepared<Name>,
): ReadLine<Name> {
  if (text.trim() === '') return { entries: [], reasons: [] };
  const read = readRecord<Given>(text, shape);
  if (read.reason !== undefined) return refused(read.reason);
  const { record } = read;
  const named = prepared(record);
  if (named.reason !== undefined) return refused(named.reason);
  const { action = 'block', comment = '', enabled = true, expires_at } = record;
  const fault = isRestore ? refuseId(record.id) : refuseExpired(expires_at, now);
  if (fault !== undefined) return refused(fault);
  const sources = sourcesOf(record);
  const entry: Listed<Name> = {
    name: named.name,
    action,
    comment,
    enabled,
    isWhole: true,
    ...(expires_at && { expires_at }),
    ...(sources && { sources }),
    ...(isRestore && record.id !== undefined && { kept: keptOf(record, record.id) }),
  };
  return { entries: [entry], reasons: [] };
}

function keptOf({ created_at, updated_at }: ListedFields, id: number): NonNullable<Listed<never>['kept']> {
  return { id, ...(created_at && { created_at }), ...(updated_at && { updated_at }) };
}

function sourcesOf({ source, sources }: ListedFields): readonly string[] | undefined {
  if (sources && sources.length > 0) return sources;
  return source === undefined ? undefined : [source];
}

function refuseId(id: number | undefined): string | undefined {
  if (id === undefined) return 'id is required with restore=true';
  return id > LARGEST_ID ? `id is larger than ${LARGEST_ID}` : undefined;
}

function refuseExpired(expiry: Date | undefined, now: Date): string | undefined {
  return expiry && expiry <= now ? 'expires_at is in the past' : undefined;
}

function refused(reason: string): ReadLine<never> {
  return { entries: [], reasons: [reason] };
}
