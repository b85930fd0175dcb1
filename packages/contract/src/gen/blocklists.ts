// Generated from the protos by `npm run generate`; do not edit.

export interface AcceptSubscriptionRequest {
  id: number;
}

export interface AddDomainBlockRequest {
  /** A host name, also an internationalised one; `*.name` means `wildcard`. */
  domain: string;
  /** `subdomains` if not said. */
  match?: 'subdomains' | 'exact' | 'wildcard';
  /** `block` if not said. */
  action?: 'block' | 'allow';
  comment?: string;
  /** Who puts it there; `manual` if not said. */
  source?: string;
  /** True if not said. */
  enabled?: boolean;
  expires_at?: Date;
  /** Take a public suffix such as `com` with all below it. */
  force?: boolean;
}

export interface AddProcessBlockRequest {
  /** A base name, a whole path, or `*`. */
  process: string;
  /** `kind:value`, other text, or `*`. */
  signature: string;
  /** `block` if not said. */
  action?: 'block' | 'allow';
  comment?: string;
  /** Who puts it there; `manual` if not said. */
  source?: string;
  /** True if not said. */
  enabled?: boolean;
  expires_at?: Date;
}

export interface AddSubscriptionRequest {
  /** The source of its entries; not `manual`. */
  name: string;
  /** `http` or `https`, without a user and password: lists show it. */
  url: string;
  /** `auto` if not said. */
  format?: 'auto' | 'plain' | 'hosts' | 'adblock' | 'dnsmasq' | 'jsonl';
  /** A day if not said; a minute at least, 30 days at most. */
  refresh_seconds?: number;
  /** True if not said. */
  enabled?: boolean;
}

export interface CheckDomainReply {
  /** If the request has `domain`. */
  verdict?: DomainVerdict;
  /** If the request has `domains`: in their order. */
  verdicts: DomainVerdict[];
}

export interface CheckDomainRequest {
  /** The name that is asked for; or `domains`. */
  domain?: string;
  /** The names that are asked for. */
  domains?: string[];
  /** The answer holds for the list at this revision, or a later one. */
  min_revision?: number;
}

export interface CheckProcessReply {
  data: ProcessVerdict;
}

export interface CheckProcessRequest {
  /** The whole path of the process, or its base name. */
  process: string;
  /** All signatures that its binary has. One that is malformed matches nothing. */
  signatures?: string[];
  /** The answer holds for the list at this revision, or a later one. */
  min_revision?: number;
}

export interface Counter {
  /** `counter_for_domain` or `counter_for_process`. */
  field: string;
  /** The head revision of the blocklist. */
  value: number;
}

export interface CounterReply {
  data: Counter;
}

export interface CountersReply {
  data: Counter[];
}

export interface DeleteSubscriptionRequest {
  id: number;
  /** Leave the entries as they are; without it they lose this source, because nobody would refresh them. */
  keep_entries?: boolean;
}

export interface DomainBlock {
  id: number;
  /** The revision of the commit that last changed the entry. */
  revision: number;
  /** In canonical form: lower case, A-labels, no trailing dot. */
  domain: string;
  match: 'subdomains' | 'exact' | 'wildcard';
  action: 'block' | 'allow';
  comment: string;
  /** Who put the entry there. It goes when the last of them drops it. */
  sources: string[];
  /** An entry that is not enabled matches nothing. */
  enabled: boolean;
  /** When the entry goes by itself. */
  expires_at?: Date;
  created_at: Date;
  updated_at: Date;
}

export interface DomainBlockChangesReply {
  data: DomainBlockChangesReplyChanges;
}

export interface DomainBlockChangesReplyChanges {
  /** Names this history of the table; another one after a restore from a backup. */
  log: string;
  from: number;
  to: number;
  /** `added` is the whole list, not what was added to the one at `from`. */
  snapshot: boolean;
  added: DomainBlock[];
  /** Ids of what went, if the request did not say `full`. */
  removed: number[];
  /** What went, as it last was, if the request said `full`. */
  removed_records: DomainBlock[];
}

export interface DomainBlockHistoryReply {
  data: DomainBlockHistoryReplyChange[];
  next_cursor?: string;
}

export interface DomainBlockHistoryReplyChange {
  revision: number;
  at: Date;
  actor: string;
  verb: string;
  /** Absent where the entry was added. */
  before?: DomainBlock;
  /** Absent where the entry was deleted. */
  after?: DomainBlock;
}

export interface DomainBlockReply {
  data: DomainBlock;
}

export interface DomainBlocksReply {
  data: DomainBlock[];
  /** For the next page; absent on the last one. A page may hold fewer than `limit`, even none, while this is there. */
  next_cursor?: string;
  /** How many entries there are in all; a lower bound where `total_exact` is false. */
  total: number;
  total_exact: boolean;
}

export interface DomainVerdict {
  /** In canonical form. */
  domain: string;
  blocked: boolean;
  /** The block that decided. Absent where none matches, and where an allow wins. */
  by?: DomainVerdictEntry;
  /** The allow that decided. */
  allowed_by?: DomainVerdictEntry;
}

/** The entry that decided. */
export interface DomainVerdictEntry {
  id: number;
  domain: string;
  match: 'subdomains' | 'exact' | 'wildcard';
  action: 'block' | 'allow';
}

export interface ExportDomainBlocksRequest {
  /** `jsonl`, if not said. */
  format?: 'plain' | 'hosts' | 'adblock' | 'dnsmasq' | 'jsonl';
  /** Entries of this source alone. */
  source?: string;
  /** The list as it was at this revision; the head, if not said. */
  revision?: number;
}

export interface ExportProcessBlocksRequest {
  /** `jsonl`, if not said. */
  format?: 'jsonl';
  /** Entries of this source alone. */
  source?: string;
  /** The list as it was at this revision; the head, if not said. */
  revision?: number;
}

export interface ExportReply {
  /** In the first reply. */
  content_type?: string;
  /** A piece of the text. */
  content: Uint8Array;
}

export interface ImportDomainBlocksRequest {
  /** `auto`, if not said: each line by its shape. */
  format?: 'auto' | 'plain' | 'hosts' | 'adblock' | 'dnsmasq' | 'jsonl';
  /** Who puts the entries there, in place of whoever a record names. Needed by `mode=replace`; without it `manual`, where a record names nobody. */
  source?: string;
  /** `add`, if not said; or `replace`: entries of `source` that are not in the list are dropped, and what a record says of an entry that is this source's alone takes the place of what is there. */
  mode?: 'add' | 'replace';
  /** Only count, and write nothing. */
  dry_run?: boolean;
  /** Take public suffixes such as `com` with all below them. `restore` does by itself. */
  force?: boolean;
  /** `jsonl` only: records keep `id`, `created_at` and `updated_at`; ids given later go on behind the highest. For a table that is empty, or that has only what the same list put there before it was broken off. An `id` is at most 10,000,000. */
  restore?: boolean;
  /** A piece of the list. Pieces may end anywhere. */
  content?: Uint8Array;
}

export interface ImportProcessBlocksRequest {
  /** `jsonl`, if not said. */
  format?: 'jsonl';
  /** Who puts the entries there, in place of whoever a record names. Needed by `mode=replace`; without it `manual`, where a record names nobody. */
  source?: string;
  /** `add`, if not said; or `replace`: entries of `source` that are not in the list are dropped, and what a record says of an entry that is this source's alone takes the place of what is there. */
  mode?: 'add' | 'replace';
  /** Only count, and write nothing. */
  dry_run?: boolean;
  /** Records keep `id`, `created_at` and `updated_at`; ids given later go on behind the highest. For a table that is empty, or that has only what the same list put there before it was broken off. An `id` is at most 10,000,000. */
  restore?: boolean;
  /** A piece of the list. Pieces may end anywhere. */
  content?: Uint8Array;
}

export interface ImportReply {
  /** How far it is, about every second. */
  progress?: ImportReplyProgress;
  /** In the last reply. */
  data?: ImportReplyResult;
}

export interface ImportReplyLineError {
  /** Counted from 1. */
  line: number;
  /** Continues a sentence that begins with the line. */
  reason: string;
}

export interface ImportReplyProgress {
  /** Lines read so far. */
  lines: number;
  added: number;
  existing: number;
  removed: number;
  refused: number;
}

export interface ImportReplyResult {
  /** Entries that this source did not have before; where others had them already, it joined them. */
  added: number;
  /** Entries that this source had already, and lines that came more than once. */
  existing: number;
  /** Entries that this source has no more; they go where it was their last source. */
  removed: number;
  /** Rules that were refused. They do not hinder the rest. */
  refused: number;
  /** The first 100 refusals. */
  errors: ImportReplyLineError[];
  /** The head revision afterwards. */
  counter: number;
}

export interface ListCountersRequest {
  /** The one counter of this name. */
  field?: 'counter_for_domain' | 'counter_for_process';
}

export interface ListDomainBlocksRequest {
  /** The one entry with this id. */
  id?: number;
  /** At most this many entries in one page (100). */
  limit?: number;
  /** The `next_cursor` of the page before. */
  cursor?: string;
  /** A piece of the domain. */
  q?: string;
  /** `id` or `-id`. */
  sort?: 'id' | '-id';
  /** The list as it was at this revision. */
  revision?: number;
  match?: 'subdomains' | 'exact' | 'wildcard';
  action?: 'block' | 'allow';
  /** Entries that this source put there. */
  source?: string;
  enabled?: boolean;
}

export interface ListProcessBlocksRequest {
  /** The one entry with this id. */
  id?: number;
  /** At most this many entries in one page (100). */
  limit?: number;
  /** The `next_cursor` of the page before. */
  cursor?: string;
  /** A piece of the process's name, compared without case. */
  q?: string;
  /** `id` or `-id`. */
  sort?: 'id' | '-id';
  /** The list as it was at this revision. */
  revision?: number;
  signature?: string;
  action?: 'block' | 'allow';
  /** Entries that this source put there. */
  source?: string;
  enabled?: boolean;
}

export interface ListSubscriptionsRequest {
  /** The one subscription with this id. */
  id?: number;
  /** At most this many in one page (100). */
  limit?: number;
  /** The `next_cursor` of the page before. */
  cursor?: string;
  /** A piece of the name. */
  q?: string;
  /** `id` or `-id`. */
  sort?: 'id' | '-id';
  /** The list as it was at this revision, without what the fetches did. */
  revision?: number;
  enabled?: boolean;
}

export interface ProcessBlock {
  id: number;
  /** The revision of the commit that last changed the entry. */
  revision: number;
  /** A whole path where it holds a separator, else a base name; compared without case. `*` is any. */
  process: string;
  /** `sha256:<64 hex>`, `cert:<64 hex>`, `signer:<subject name>`, `team:<id>`, other text as it is, or `*` for any. */
  signature: string;
  action: 'block' | 'allow';
  comment: string;
  /** Who put the entry there. It goes when the last of them drops it. */
  sources: string[];
  /** An entry that is not enabled matches nothing. */
  enabled: boolean;
  /** When the entry goes by itself. */
  expires_at?: Date;
  created_at: Date;
  updated_at: Date;
}

export interface ProcessBlockChangesReply {
  data: ProcessBlockChangesReplyChanges;
}

export interface ProcessBlockChangesReplyChanges {
  /** Names this history of the table; another one after a restore from a backup. */
  log: string;
  from: number;
  to: number;
  /** `added` is the whole list, not what was added to the one at `from`. */
  snapshot: boolean;
  added: ProcessBlock[];
  /** Ids of what went, if the request did not say `full`. */
  removed: number[];
  /** What went, as it last was, if the request said `full`. */
  removed_records: ProcessBlock[];
}

export interface ProcessBlockHistoryReply {
  data: ProcessBlockHistoryReplyChange[];
  next_cursor?: string;
}

export interface ProcessBlockHistoryReplyChange {
  revision: number;
  at: Date;
  actor: string;
  verb: string;
  /** Absent where the entry was added. */
  before?: ProcessBlock;
  /** Absent where the entry was deleted. */
  after?: ProcessBlock;
}

export interface ProcessBlockReply {
  data: ProcessBlock;
}

export interface ProcessBlocksReply {
  data: ProcessBlock[];
  /** For the next page; absent on the last one. A page may hold fewer than `limit`, even none, while this is there. */
  next_cursor?: string;
  /** How many entries there are in all; a lower bound where `total_exact` is false. */
  total: number;
  total_exact: boolean;
}

export interface ProcessVerdict {
  /** As it was asked for. */
  process: string;
  blocked: boolean;
  /** The block that decided. Absent where none matches, and where an allow wins. */
  by?: ProcessVerdictEntry;
  /** The allow that decided. */
  allowed_by?: ProcessVerdictEntry;
}

/** The entry that decided. */
export interface ProcessVerdictEntry {
  id: number;
  process: string;
  signature: string;
  action: 'block' | 'allow';
}

export interface RefreshSubscriptionRequest {
  id: number;
  /** Import the list also where it is what it was before: entries that were changed by hand become those of the list again. */
  force?: boolean;
}

export interface Subscription {
  id: number;
  /** The revision of the commit that last changed the subscription. */
  revision: number;
  /** The source of its entries. */
  name: string;
  url: string;
  format: 'auto' | 'plain' | 'hosts' | 'adblock' | 'dnsmasq' | 'jsonl';
  /** The time from one fetch to the next. */
  refresh_seconds: number;
  /** What is not enabled is not fetched; its entries stay. */
  enabled: boolean;
  created_at: Date;
  updated_at: Date;
  /** This and the rest is what the fetches did; only `List`, `Refresh` and `Accept` show it. */
  status?: 'never' | 'ok' | 'unchanged' | 'failed' | 'held';
  /** It is being fetched just now. */
  fetching?: boolean;
  last_fetched_at?: Date;
  /** When an update last changed an entry. */
  last_changed_at?: Date;
  next_fetch_at?: Date;
  etag?: string;
  last_modified?: string;
  last_error?: string;
  last_result?: SubscriptionResult;
  held?: SubscriptionHeld;
}

/** What an update would do that is held back. */
export interface SubscriptionHeld {
  since: Date;
  added: number;
  removed: number;
  /** Entries that the source would have. */
  entries: number;
}

/** A line that was refused. */
export interface SubscriptionRefused {
  line: number;
  reason: string;
}

/** What the last update did. */
export interface SubscriptionResult {
  /** Entries that the source joined, or made. */
  added: number;
  /** Entries that it had before. */
  existing: number;
  /** Entries that it left. */
  removed: number;
  /** Lines that are no rule about a domain. */
  refused: number;
  /** The first 20 of them. */
  errors: SubscriptionRefused[];
  /** Entries that the source has now. */
  entries: number;
  /** The size of the list, decompressed. */
  bytes: number;
}

export interface SubscriptionChangesReply {
  data: SubscriptionChangesReplyChanges;
}

export interface SubscriptionChangesReplyChanges {
  /** Names this history of the table; another one after a restore from a backup. */
  log: string;
  from: number;
  to: number;
  /** `added` is the whole list, not what was added to the one at `from`. */
  snapshot: boolean;
  added: Subscription[];
  /** Ids of what went, if the request did not say `full`. */
  removed: number[];
  /** What went, as it last was, if the request said `full`. */
  removed_records: Subscription[];
}

export interface SubscriptionHistoryReply {
  data: SubscriptionHistoryReplyChange[];
  next_cursor?: string;
}

export interface SubscriptionHistoryReplyChange {
  revision: number;
  at: Date;
  actor: string;
  verb: string;
  /** Absent where the subscription was added. */
  before?: Subscription;
  /** Absent where the subscription was deleted. */
  after?: Subscription;
}

export interface SubscriptionReply {
  data: Subscription;
}

export interface SubscriptionsReply {
  data: Subscription[];
  /** For the next page; absent on the last one. A page may hold fewer than `limit`, even none, while this is there. */
  next_cursor?: string;
  /** How many subscriptions there are in all; a lower bound where `total_exact` is false. */
  total: number;
  total_exact: boolean;
}

export interface UpdateCounterRequest {
  field: 'counter_for_domain' | 'counter_for_process';
}

export interface UpdateDomainBlockRequest {
  id: number;
  domain?: string;
  match?: 'subdomains' | 'exact' | 'wildcard';
  action?: 'block' | 'allow';
  comment?: string;
  /** The set of sources; a set of none is not a change. */
  sources?: string[];
  /** The one source, in place of all that were there. */
  source?: string;
  enabled?: boolean;
  /** `null` takes the expiry away. */
  expires_at?: Date;
  force?: boolean;
  /** Names of optional fields to empty; in JSON a field that is `null`. */
  clear?: 'expires_at'[];
}

export interface UpdateProcessBlockRequest {
  id: number;
  process?: string;
  signature?: string;
  action?: 'block' | 'allow';
  comment?: string;
  /** The set of sources; a set of none is not a change. */
  sources?: string[];
  /** The one source, in place of all that were there. */
  source?: string;
  enabled?: boolean;
  /** `null` takes the expiry away. */
  expires_at?: Date;
  /** Names of optional fields to empty; in JSON a field that is `null`. */
  clear?: 'expires_at'[];
}

export interface UpdateSubscriptionRequest {
  id: number;
  /** Cannot become another: entries have it as their source. */
  name?: string;
  url?: string;
  format?: 'auto' | 'plain' | 'hosts' | 'adblock' | 'dnsmasq' | 'jsonl';
  refresh_seconds?: number;
  enabled?: boolean;
}
