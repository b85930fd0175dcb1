// Generated from the protos by `npm run generate`; do not edit.

export interface AddEggRequest {
  /** A DNS label, unique. */
  name: string;
  description?: string;
  /** Ed25519 keys, raw 32 bytes in base64. A version is published only when one of them signed each of its files. */
  public_keys?: string[];
  /** Versions may be published without a signature while the egg has no keys. False if not said. */
  allow_unsigned?: boolean;
}

export interface AddEggVersionRequest {
  egg_id: number;
  /** SemVer 2, unique in its egg. */
  version: string;
  files?: VersionFile[];
  notes?: string;
  /** `draft` if not said; `published` publishes at once. */
  state?: 'draft' | 'published' | 'yanked';
}

/** The fields may come in any message of the stream, each once. */
export interface AddFileRequest {
  /** A name for people; the name of the form's file if not said. */
  name?: string;
  /** What the content is to have, in hex. */
  sha256?: string;
  /** A piece of the content. Pieces may end anywhere. */
  content?: Uint8Array;
}

export interface AddHostRequest {
  /** Unique, compared as it is written. */
  name: string;
  /** Such as `linux/amd64`. */
  platform: string;
  labels?: Record<string, string>;
  /** Where it can be reached, for people. */
  address?: string;
}

export interface AddNamedFileRequest {
  /** Unique; may hold `/`. No part of it is dots alone. */
  name: string;
  file_id: number;
}

export interface AddTokenReply {
  data: AddTokenReplyAdded;
}

export interface AddTokenReplyAdded {
  id: number;
  revision: number;
  name: string;
  role: 'viewer' | 'operator' | 'admin' | 'enroll';
  expires_at?: Date;
  uses?: number;
  key: string;
  created_at: Date;
  updated_at: Date;
  /** To be sent as `Authorization: Bearer`. Absent where the answer is a repeated one. */
  secret?: string;
}

export interface AddTokenRequest {
  /** Unique; who has the token is called so in histories. Not what those are called there who have none, such as `anonymous`. */
  name: string;
  role: 'viewer' | 'operator' | 'admin' | 'enroll';
  /** Never if not said. */
  expires_at?: Date;
  /** Only for `enroll`: how many hosts it may enrol; any number if not said. */
  uses?: number;
}

/** One change of one record; a commit of several changes has several entries, one that changed no record has one without. */
export interface AuditEntry {
  table: string;
  revision: number;
  at: Date;
  /** The name of the token, `EGG_ADMIN_TOKEN` of the static one, `host:<name>` of a host, `anonymous` in the open mode, or the part of the system that did it by itself. */
  actor: string;
  /** The address that the request came from. */
  from: string;
  request_id: string;
  verb: string;
  record_id?: number;
  /** Absent where the record was added. */
  before?: Record<string, unknown>;
  /** Absent where the record was deleted. */
  after?: Record<string, unknown>;
}

export interface AuditReply {
  data: AuditEntry[];
  /** For the next page; absent on the last one. A page may hold fewer than `limit`, even none, while this is there. */
  next_cursor?: string;
}

export interface CheckInReply {
  data: CheckInReplyAnswer;
}

export interface CheckInReplyAnswer {
  counters: CheckInReplyCounters;
  logs: CheckInReplyLogs;
  /** Work, new or not acknowledged yet. */
  executions: CheckInReplyExecution[];
  next_check_in_seconds: number;
  /** True where the tasks service could not be asked: the host has no work now, and its reports are to be sent again. */
  tasks_away?: boolean;
}

export interface CheckInReplyCounters {
  counter_for_domain: number;
  counter_for_process: number;
}

export interface CheckInReplyExecution {
  id: string;
  attempt: number;
  /** The task's name. */
  task: string;
  action: string;
  payload: Record<string, unknown>;
  file?: CheckInReplyFile;
  version?: CheckInReplyVersion;
  timeout_seconds: number;
  /** The egg that is to do it. */
  egg: string;
}

/** A file that goes with the work. */
export interface CheckInReplyFile {
  id: number;
  name: string;
  sha256: string;
  size: number;
  /** Ed25519 over the 32 bytes of the SHA-256, in base64. */
  signature?: string;
}

/** The histories that the counters count in; a new one after a restore from a backup: start at 0 then. */
export interface CheckInReplyLogs {
  domain: string;
  process: string;
}

/** A version that the host is to be brought to. */
export interface CheckInReplyVersion {
  id: number;
  egg: string;
  version: string;
  /** The egg's keys, of which one made the file's signature. */
  public_keys: string[];
  allow_unsigned: boolean;
}

export interface CheckInRequest {
  /** What runs on the host, whole: what is not named any more is gone. Each egg at most once. */
  eggs?: CheckInRequestEgg[];
  counters?: CheckInRequestCounters;
  executions?: CheckInRequestReport[];
  blocked?: CheckInRequestBlocked;
}

/** What was blocked since the last check-in that was answered. */
export interface CheckInRequestBlocked {
  domains?: CheckInRequestBlockedDomain[];
  processes?: CheckInRequestBlockedProcess[];
}

export interface CheckInRequestBlockedDomain {
  domain: string;
  count: number;
}

export interface CheckInRequestBlockedProcess {
  process: string;
  count: number;
}

/** What the host has of the blocklists. */
export interface CheckInRequestCounters {
  counter_for_domain?: number;
  counter_for_process?: number;
}

export interface CheckInRequestEgg {
  /** The egg's name. */
  egg: string;
  /** SemVer 2. */
  version: string;
}

/** How far the host is with work that it was given. */
export interface CheckInRequestReport {
  id: string;
  attempt: number;
  state: 'running' | 'succeeded' | 'failed' | 'timed_out' | 'rejected';
  exit_code?: number;
  message?: string;
}

export interface ClaimReferencesReply {
  refused: ClaimReferencesReplyRefused[];
}

export interface ClaimReferencesReplyRefused {
  id: number;
  /** It is there, and is being deleted. */
  is_there: boolean;
}

export interface ClaimReferencesRequest {
  /** The table of the records that are pointed at: `files`. */
  table: string;
  ids?: number[];
  /** Names the claim: `<table>#<time>.<random>`. */
  claim: string;
}

export interface DownloadFileRequest {
  id: number;
  /** The first byte; negative counts from the end. 0 if not said. Over HTTP `Range` says it. */
  offset?: number;
  /** At most so many bytes; to the end if not said. */
  length?: number;
}

export interface DownloadNamedFileRequest {
  name: string;
  /** The first byte; negative counts from the end. 0 if not said. Over HTTP `Range` says it. */
  offset?: number;
  /** At most so many bytes; to the end if not said. */
  length?: number;
}

/** The first one tells what comes, the others have the bytes. */
export interface DownloadReply {
  head?: DownloadReplyHead;
  content?: Uint8Array;
}

export interface DownloadReplyHead {
  name: string;
  sha256: string;
  /** Of the whole content. */
  size: number;
  /** The first byte that comes. */
  offset: number;
  /** How many bytes come; none if the offset is behind the end. */
  length: number;
  /** When the record was last changed; of a named file, that or the name, whichever was later. */
  updated_at: Date;
}

export interface DropReferencesRequest {
  table: string;
  id: number;
  entries?: string[];
}

export interface Egg {
  id: number;
  /** The revision of the commit that last changed the egg. */
  revision: number;
  name: string;
  description: string;
  public_keys: string[];
  allow_unsigned: boolean;
  created_at: Date;
  updated_at: Date;
}

export interface EggChangesReply {
  data: EggChangesReplyChanges;
}

export interface EggChangesReplyChanges {
  /** Names this history of the table; another one after a restore from a backup. */
  log: string;
  from: number;
  to: number;
  /** `added` is the whole list, not what was added to the one at `from`. */
  snapshot: boolean;
  added: Egg[];
  /** Ids of what went, if the request did not say `full`. */
  removed: number[];
  /** What went, as it last was, if the request said `full`. */
  removed_records: Egg[];
}

export interface EggHistoryReply {
  data: EggHistoryReplyChange[];
  next_cursor?: string;
}

export interface EggHistoryReplyChange {
  revision: number;
  at: Date;
  actor: string;
  verb: string;
  /** Absent where the egg was added. */
  before?: Egg;
  /** Absent where the egg was deleted. */
  after?: Egg;
}

export interface EggInstancesReply {
  data: EggInstancesReplyCount[];
}

export interface EggInstancesReplyCount {
  version: string;
  /** Hosts that reported it in their last check-in. */
  hosts: number;
  /** Those of them that are online. */
  online: number;
}

export interface EggInstancesRequest {
  egg_id: number;
}

export interface EggReply {
  data: Egg;
}

export interface EggsReply {
  data: Egg[];
  /** For the next page; absent on the last one. A page may hold fewer than `limit`, even none, while this is there. */
  next_cursor?: string;
  /** How many eggs there are in all; a lower bound where `total_exact` is false. */
  total: number;
  total_exact: boolean;
}

export interface EggVersion {
  id: number;
  /** The revision of the commit that last changed the version. */
  revision: number;
  egg_id: number;
  version: string;
  files: VersionFile[];
  notes: string;
  state: 'draft' | 'published' | 'yanked';
  /** When it was published. */
  published_at?: Date;
  /** The egg's key by which the files' signatures were verified when it was published, that of the first file where they are of several; absent where it was published unsigned. */
  signed_by?: string;
  created_at: Date;
  updated_at: Date;
}

export interface EggVersionChangesReply {
  data: EggVersionChangesReplyChanges;
}

export interface EggVersionChangesReplyChanges {
  /** Names this history of the table; another one after a restore from a backup. */
  log: string;
  from: number;
  to: number;
  /** `added` is the whole list, not what was added to the one at `from`. */
  snapshot: boolean;
  added: EggVersion[];
  /** Ids of what went, if the request did not say `full`. */
  removed: number[];
  /** What went, as it last was, if the request said `full`. */
  removed_records: EggVersion[];
}

export interface EggVersionHistoryReply {
  data: EggVersionHistoryReplyChange[];
  next_cursor?: string;
}

export interface EggVersionHistoryReplyChange {
  revision: number;
  at: Date;
  actor: string;
  verb: string;
  /** Absent where the version was added. */
  before?: EggVersion;
  /** Absent where the version was deleted. */
  after?: EggVersion;
}

export interface EggVersionReply {
  data: EggVersion;
}

export interface EggVersionsReply {
  data: EggVersion[];
  /** For the next page; absent on the last one. A page may hold fewer than `limit`, even none, while this is there. */
  next_cursor?: string;
  /** How many versions there are in all; a lower bound where `total_exact` is false. */
  total: number;
  total_exact: boolean;
}

export interface EnrollHostReply {
  data: EnrollHostReplyEnrolled;
}

export interface EnrollHostReplyEnrolled {
  id: number;
  /** The host's own token. Absent where the answer is a repeated one. */
  token?: string;
}

export interface EnrollHostRequest {
  enrollment_token: string;
  name: string;
  platform: string;
  /** Take the place of the labels of a host that was added, if any are said. */
  labels?: Record<string, string>;
}

export interface ExportAuditReply {
  content_type?: string;
  content?: Uint8Array;
}

export interface ExportAuditRequest {
  actor?: string;
  table?: string;
  record_id?: number;
  since?: Date;
  until?: Date;
}

export interface File {
  id: number;
  /** The revision of the commit that last changed the file. */
  revision: number;
  name: string;
  /** Of the content, in hex. */
  sha256: string;
  /** In bytes. */
  size: number;
  created_at: Date;
  updated_at: Date;
}

export interface FileChangesReply {
  data: FileChangesReplyChanges;
}

export interface FileChangesReplyChanges {
  /** Names this history of the table; another one after a restore from a backup. */
  log: string;
  from: number;
  to: number;
  /** `added` is the whole list, not what was added to the one at `from`. */
  snapshot: boolean;
  added: File[];
  /** Ids of what went, if the request did not say `full`. */
  removed: number[];
  /** What went, as it last was, if the request said `full`. */
  removed_records: File[];
}

export interface FileHistoryReply {
  data: FileHistoryReplyChange[];
  next_cursor?: string;
}

export interface FileHistoryReplyChange {
  revision: number;
  at: Date;
  actor: string;
  verb: string;
  /** Absent where the file was added. */
  before?: File;
  /** Absent where the file was deleted. */
  after?: File;
}

export interface FileReply {
  data: File;
}

export interface FilesReply {
  data: File[];
  /** For the next page; absent on the last one. A page may hold fewer than `limit`, even none, while this is there. */
  next_cursor?: string;
  /** How many files there are in all; a lower bound where `total_exact` is false. */
  total: number;
  total_exact: boolean;
}

export interface Host {
  id: number;
  /** The revision of the commit that last changed the host. */
  revision: number;
  name: string;
  platform: string;
  labels: Record<string, string>;
  address: string;
  /** Absent until it enrols, and after a reset. */
  enrolled_at?: Date;
  /** Names the host's token, and is not it: a token of another name is not valid any more. */
  token_key?: string;
  created_at: Date;
  updated_at: Date;
  /** This and the rest is what check-ins told; only `List` shows it. */
  status?: 'offline' | 'online';
  last_seen_at?: Date;
  eggs: ReportedEgg[];
}

export interface HostChangesReply {
  data: HostChangesReplyChanges;
}

export interface HostChangesReplyChanges {
  /** Names this history of the table; another one after a restore from a backup. */
  log: string;
  from: number;
  to: number;
  /** `added` is the whole list, not what was added to the one at `from`. */
  snapshot: boolean;
  added: Host[];
  /** Ids of what went, if the request did not say `full`. */
  removed: number[];
  /** What went, as it last was, if the request said `full`. */
  removed_records: Host[];
}

export interface HostHistoryReply {
  data: HostHistoryReplyChange[];
  next_cursor?: string;
}

export interface HostHistoryReplyChange {
  revision: number;
  at: Date;
  actor: string;
  verb: string;
  /** Absent where the host was added. */
  before?: Host;
  /** Absent where the host was deleted. */
  after?: Host;
}

export interface HostReply {
  data: Host;
}

export interface HostsReply {
  data: Host[];
  /** For the next page; absent on the last one. A page may hold fewer than `limit`, even none, while this is there. */
  next_cursor?: string;
  /** How many hosts there are in all; a lower bound where `total_exact` is false. */
  total: number;
  total_exact: boolean;
}

export interface ListAuditRequest {
  actor?: string;
  /** The table's name: `domain_block`. */
  table?: string;
  /** The record of `table` with this id. */
  record_id?: number;
  /** From this moment on. */
  since?: Date;
  /** Before this moment. */
  until?: Date;
  /** At most this many in one page (100). */
  limit?: number;
  /** The `next_cursor` of the page before. */
  cursor?: string;
}

export interface ListEggsRequest {
  /** The one egg with this id. */
  id?: number;
  /** At most this many in one page (100). */
  limit?: number;
  /** The `next_cursor` of the page before. */
  cursor?: string;
  /** A piece of the name. */
  q?: string;
  /** `id` or `-id`. */
  sort?: 'id' | '-id';
  /** The list as it was at this revision. */
  revision?: number;
}

export interface ListEggVersionsRequest {
  /** The one version with this id. */
  id?: number;
  /** At most this many in one page (100). */
  limit?: number;
  /** The `next_cursor` of the page before. */
  cursor?: string;
  /** A piece of the name. */
  q?: string;
  /** `id` or `-id`; with `egg_id`, and without `q` and `revision`, also `version` or `-version`: by the precedence of SemVer 2, equal ones by their text. */
  sort?: 'id' | '-id' | 'version' | '-version';
  /** The list as it was at this revision. */
  revision?: number;
  /** The versions of this egg. */
  egg_id?: number;
  state?: 'draft' | 'published' | 'yanked';
}

export interface ListFilesRequest {
  /** The one file with this id. */
  id?: number;
  /** At most this many in one page (100). */
  limit?: number;
  /** The `next_cursor` of the page before. */
  cursor?: string;
  /** A piece of the name. */
  q?: string;
  /** `id` or `-id`. */
  sort?: 'id' | '-id';
  /** The list as it was at this revision. */
  revision?: number;
  /** Files with this content. */
  sha256?: string;
}

export interface ListHostsRequest {
  /** The one host with this id. */
  id?: number;
  /** At most this many in one page (100). */
  limit?: number;
  /** The `next_cursor` of the page before. */
  cursor?: string;
  /** A piece of the name. */
  q?: string;
  /** `id` or `-id`. */
  sort?: 'id' | '-id';
  /** The list as it was at this revision. */
  revision?: number;
  status?: 'offline' | 'online';
  platform?: string;
  /** `key=value` or `key:value`, or `key` alone for any value; several have to hold together. */
  label?: string[];
  /** Hosts that report this egg, by its name. */
  egg?: string;
  /** Hosts that report `egg` in a version of this range, such as `>=1.2 <2`, as node-semver reads it. */
  version?: string;
}

export interface ListNamedFilesRequest {
  /** The one named file with this id. */
  id?: number;
  /** At most this many in one page (100). */
  limit?: number;
  /** The `next_cursor` of the page before. */
  cursor?: string;
  /** A piece of the name. */
  q?: string;
  /** `id` or `-id`. */
  sort?: 'id' | '-id';
  /** The list as it was at this revision. */
  revision?: number;
  /** The names that point at this file. */
  file_id?: number;
}

export interface ListStatsRequest {
  kind?: 'domain' | 'process';
  /** This name alone. */
  name?: string;
  /** From this day on, such as `2026-01-31`. */
  since?: string;
  /** Up to this day, and with it. */
  until?: string;
  /** At most this many in one page (100). */
  limit?: number;
  /** The `next_cursor` of the page before. */
  cursor?: string;
}

export interface ListTokensRequest {
  /** The one token with this id. */
  id?: number;
  /** At most this many in one page (100). */
  limit?: number;
  /** The `next_cursor` of the page before. */
  cursor?: string;
  /** A piece of the name. */
  q?: string;
  /** `id` or `-id`. */
  sort?: 'id' | '-id';
  /** The list as it was at this revision. */
  revision?: number;
  role?: 'viewer' | 'operator' | 'admin' | 'enroll';
}

export interface NamedFile {
  id: number;
  /** The revision of the commit that last changed the named file. */
  revision: number;
  name: string;
  file_id: number;
  created_at: Date;
  updated_at: Date;
}

export interface NamedFileChangesReply {
  data: NamedFileChangesReplyChanges;
}

export interface NamedFileChangesReplyChanges {
  /** Names this history of the table; another one after a restore from a backup. */
  log: string;
  from: number;
  to: number;
  /** `added` is the whole list, not what was added to the one at `from`. */
  snapshot: boolean;
  added: NamedFile[];
  /** Ids of what went, if the request did not say `full`. */
  removed: number[];
  /** What went, as it last was, if the request said `full`. */
  removed_records: NamedFile[];
}

export interface NamedFileHistoryReply {
  data: NamedFileHistoryReplyChange[];
  next_cursor?: string;
}

export interface NamedFileHistoryReplyChange {
  revision: number;
  at: Date;
  actor: string;
  verb: string;
  /** Absent where the named file was added. */
  before?: NamedFile;
  /** Absent where the named file was deleted. */
  after?: NamedFile;
}

export interface NamedFileReply {
  data: NamedFile;
}

export interface NamedFilesReply {
  data: NamedFile[];
  /** For the next page; absent on the last one. A page may hold fewer than `limit`, even none, while this is there. */
  next_cursor?: string;
  /** How many named files there are in all; a lower bound where `total_exact` is false. */
  total: number;
  total_exact: boolean;
}

export interface ReadReferencesReply {
  data: ReadReferencesReplyPointed[];
}

export interface ReadReferencesReplyPointed {
  id: number;
  by: string[];
}

export interface ReadReferencesRequest {
  table: string;
  /** Records with ids behind this one. */
  after: number;
  limit: number;
}

export interface ReferenceReply {
}

export interface ReportedEgg {
  egg: string;
  version: string;
  /** When it was first reported in this version. */
  since: Date;
}

export interface ResetHostRequest {
  id: number;
}

export interface RevertNamedFileRequest {
  id: number;
  revision: number;
}

export interface ScanHostsReply {
  hosts: ScanHostsReplyScanned[];
}

export interface ScanHostsReplyScanned {
  id: number;
  name: string;
  platform: string;
  labels: Record<string, string>;
  eggs: ReportedEgg[];
}

export interface ScanHostsRequest {
  /** These alone, if any are named. */
  ids?: number[];
  /** With what they run, which is most of the work. */
  with_eggs?: boolean;
}

export interface SettleReferenceRequest {
  table: string;
  ids?: number[];
  /** The claim that is over. */
  claim?: string;
  /** The record that pointed at them until now, or points at them from now on: `<table>:<id>`. */
  by?: string;
  /** The revision of the commit that made it so. */
  revision?: number;
  /** It points at them from that revision on; else it did until then. */
  points?: boolean;
}

export interface StatsReply {
  data: StatsReplyCount[];
  /** For the next page; absent on the last one. A page may hold fewer than `limit`, even none, while this is there. */
  next_cursor?: string;
}

export interface StatsReplyCount {
  day: string;
  /** `domain` or `process`. */
  kind: string;
  name: string;
  count: number;
}

export interface Token {
  id: number;
  /** The revision of the commit that last changed the token. */
  revision: number;
  name: string;
  role: 'viewer' | 'operator' | 'admin' | 'enroll';
  expires_at?: Date;
  uses?: number;
  /** Names the secret, and is a part of it: what the secret begins with, behind `egg_`. */
  key: string;
  created_at: Date;
  updated_at: Date;
  /** How many hosts it may still enrol; only `List` shows it. */
  uses_left?: number;
}

export interface TokenChangesReply {
  data: TokenChangesReplyChanges;
}

export interface TokenChangesReplyChanges {
  /** Names this history of the table; another one after a restore from a backup. */
  log: string;
  from: number;
  to: number;
  /** `added` is the whole list, not what was added to the one at `from`. */
  snapshot: boolean;
  added: Token[];
  /** Ids of what went, if the request did not say `full`. */
  removed: number[];
  /** What went, as it last was, if the request said `full`. */
  removed_records: Token[];
}

export interface TokenHistoryReply {
  data: TokenHistoryReplyChange[];
  next_cursor?: string;
}

export interface TokenHistoryReplyChange {
  revision: number;
  at: Date;
  actor: string;
  verb: string;
  /** Absent where the token was added. */
  before?: Token;
  /** Absent where the token was deleted. */
  after?: Token;
}

export interface TokenReply {
  data: Token;
}

export interface TokensReply {
  data: Token[];
  /** For the next page; absent on the last one. A page may hold fewer than `limit`, even none, while this is there. */
  next_cursor?: string;
  /** How many tokens there are in all; a lower bound where `total_exact` is false. */
  total: number;
  total_exact: boolean;
}

export interface UpdateEggRequest {
  id: number;
  name?: string;
  description?: string;
  /** Takes the place of all keys. `null` takes them away. */
  public_keys?: string[];
  allow_unsigned?: boolean;
  /** Fields to be emptied; in JSON they are `null`. */
  clear?: ('description' | 'public_keys')[];
}

export interface UpdateEggVersionRequest {
  id: number;
  /** Cannot become another. */
  egg_id?: number;
  version?: string;
  /** Takes the place of all files. `null` takes them away. */
  files?: VersionFile[];
  notes?: string;
  state?: 'draft' | 'published' | 'yanked';
  /** Fields to be emptied; in JSON they are `null`. */
  clear?: ('files' | 'notes')[];
}

export interface UpdateFileRequest {
  id: number;
  name?: string;
  /** Cannot become another. */
  sha256?: string;
}

export interface UpdateHostRequest {
  id: number;
  name?: string;
  platform?: string;
  /** Takes the place of all labels. `null` takes them away. */
  labels?: Record<string, string>;
  address?: string;
  /** Fields to be emptied; in JSON they are `null`. */
  clear?: ('labels' | 'address')[];
}

export interface UpdateNamedFileRequest {
  id: number;
  name?: string;
  file_id?: number;
}

export interface VersionFile {
  /** Such as `linux/amd64`; each at most once in a version. */
  platform: string;
  file_id: number;
  /** Ed25519 over the 32 bytes of the file's SHA-256, 64 bytes in base64. */
  signature?: string;
}
