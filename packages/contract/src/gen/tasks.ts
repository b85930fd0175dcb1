// Generated from the protos by `npm run generate`; do not edit.

/** When a run stops by itself: of at least `min_executions` ended executions this share failed or timed out. */
export interface Abort {
  failure_percent: number;
  min_executions: number;
}

export interface AddScheduleRequest {
  /** Unique. */
  name: string;
  task_id: number;
  strategy_id: number;
  /** Five or six fields; one of `cron`, `every_seconds` and `at`. */
  cron?: string;
  every_seconds?: number;
  /** Once; not in the past. */
  at?: Date;
  /** An IANA name in which `cron` is read; UTC if not said. */
  time_zone?: string;
  /** What becomes of a due time while the last run is not over: `skip` if not said. */
  overlap?: 'skip' | 'queue' | 'cancel';
  /** How much later a due time fires at most, by a stable hash (0). */
  jitter_seconds?: number;
  /** What was missed while nothing ran fires once if it is not older (600). */
  catch_up_seconds?: number;
  start_at?: Date;
  /** Nothing fires from then on. */
  end_at?: Date;
  /** True if not said. */
  enabled?: boolean;
}

export interface AddTaskRequest {
  /** Unique. */
  name: string;
  /** The egg that shall do it. */
  egg_id: number;
  /** What it is called between the operator and the egg. `update` brings hosts to `version_id`. */
  action: string;
  /** Any JSON object, at most 64 KiB. */
  payload?: Record<string, unknown>;
  /** A file that goes with it. */
  file_id?: number;
  /** A version of the egg; `update` needs it. */
  version_id?: number;
}

export interface AddTaskStrategyRequest {
  /** Unique. */
  name: string;
  /** Who shall do it; `{}` is every host. */
  target: Target;
  /** Rising, the last 100 %; one wave of 100 % if not said. */
  waves?: Wave[];
  /** How many executions may be under way at once; any number if not said. */
  max_in_flight?: number;
  /** How long an attempt may take (3600). */
  timeout_seconds?: number;
  /** How often a host is given the work (1). */
  max_attempts?: number;
  /** How long a failed attempt waits before the next (60). */
  retry_backoff_seconds?: number;
  /** How long after its start a run waits for hosts (604800). */
  queue_ttl_seconds?: number;
  abort?: Abort;
  /** When work may be handed out; always if not said. */
  windows?: Window[];
}

export interface Execution {
  /** `<run>-<host>`. */
  id: string;
  run_id: number;
  host_id: number;
  /** The host's name. */
  host: string;
  state: 'queued' | 'sent' | 'running' | 'succeeded' | 'failed' | 'timed_out' | 'rejected' | 'expired' | 'cancelled';
  /** From 1; 0 while it was never handed out. */
  attempt: number;
  /** From 0. */
  wave: number;
  exit_code?: number;
  message?: string;
  queued_at: Date;
  sent_at?: Date;
  ended_at?: Date;
  /** The version of the egg that the host had when it was handed out. */
  previous_version?: string;
}

export interface ExecutionsReply {
  data: Execution[];
  /** For the next page; absent on the last one. */
  next_cursor?: string;
  /** How many there are in all; a lower bound where `total_exact` is false. */
  total: number;
  total_exact: boolean;
}

export interface ListExecutionsRequest {
  run_id: number;
  state?: 'queued' | 'sent' | 'running' | 'succeeded' | 'failed' | 'timed_out' | 'rejected' | 'expired' | 'cancelled';
  /** At most this many in one page (100). */
  limit?: number;
  /** The `next_cursor` of the page before. */
  cursor?: string;
}

export interface ListRunsRequest {
  /** The one run with this id. */
  id?: number;
  /** At most this many in one page (100). */
  limit?: number;
  /** The `next_cursor` of the page before. */
  cursor?: string;
  /** `id` or `-id`. */
  sort?: 'id' | '-id';
  /** The list as it was at this revision. */
  revision?: number;
  state?: 'running' | 'paused' | 'succeeded' | 'failed' | 'aborted' | 'cancelled';
  /** The runs that this schedule fired. */
  schedule_id?: number;
  task_id?: number;
  strategy_id?: number;
}

export interface ListSchedulesRequest {
  /** The one schedule with this id. */
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
  task_id?: number;
  strategy_id?: number;
  enabled?: boolean;
}

export interface ListTasksRequest {
  /** The one task with this id. */
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
  /** The tasks of this egg. */
  egg_id?: number;
  action?: string;
}

export interface ListTaskStrategiesRequest {
  /** The one strategy with this id. */
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

export interface PreviewScheduleReply {
  data: Date[];
}

export interface PreviewScheduleRequest {
  id: number;
  /** How many (10). */
  count?: number;
}

export interface Run {
  id: number;
  /** The revision of the commit that last changed the run. */
  revision: number;
  task_id: number;
  strategy_id: number;
  /** The schedule that fired it. */
  schedule_id?: number;
  state: 'running' | 'paused' | 'succeeded' | 'failed' | 'aborted' | 'cancelled';
  /** The wave that is open, from 0. */
  wave: number;
  wave_opened_at: Date;
  task: RunTask;
  strategy: RunStrategy;
  uses: RunUses;
  /** The run that this one takes back. */
  reverts?: number;
  started_at: Date;
  ended_at?: Date;
  /** Why it ended. */
  reason?: string;
  created_at: Date;
  updated_at: Date;
  /** Only `List` shows it. */
  counts?: RunCounts;
  /** Executions that are sent or running; only `List` shows it. */
  in_flight?: number;
}

/** How many executions are in each state. */
export interface RunCounts {
  queued: number;
  sent: number;
  running: number;
  succeeded: number;
  failed: number;
  timed_out: number;
  rejected: number;
  expired: number;
  cancelled: number;
  /** All of them. */
  total: number;
}

export interface RunFile {
  id: number;
  name: string;
  sha256: string;
  size: number;
}

/** The strategy as it was when the run started. */
export interface RunStrategy {
  id: number;
  name: string;
  target: Target;
  waves: Wave[];
  max_in_flight?: number;
  timeout_seconds: number;
  max_attempts: number;
  retry_backoff_seconds: number;
  queue_ttl_seconds: number;
  abort?: Abort;
  windows: Window[];
}

/** The task as it was when the run started. */
export interface RunTask {
  id: number;
  name: string;
  egg_id: number;
  /** The egg's name. */
  egg: string;
  action: string;
  payload?: Record<string, unknown>;
  file?: RunFile;
  version?: RunVersion;
}

/** The records that a run needs until it has ended; empty afterwards. */
export interface RunUses {
  task_id?: number;
  strategy_id?: number;
  egg_id?: number;
  file_id?: number;
  version_id?: number;
  schedule_id?: number;
}

export interface RunVersion {
  id: number;
  version: string;
  files: RunVersionFile[];
  public_keys: string[];
  allow_unsigned: boolean;
}

export interface RunVersionFile {
  platform: string;
  signature?: string;
  file: RunFile;
}

export interface RunChangesReply {
  data: RunChangesReplyChanges;
}

export interface RunChangesReplyChanges {
  /** Names this history of the table; another one after a restore from a backup. */
  log: string;
  from: number;
  to: number;
  /** `added` is the whole list, not what was added to the one at `from`. */
  snapshot: boolean;
  added: Run[];
  /** Ids of what went, if the request did not say `full`. */
  removed: number[];
  /** What went, as it last was, if the request said `full`. */
  removed_records: Run[];
}

export interface RunHistoryReply {
  data: RunHistoryReplyChange[];
  next_cursor?: string;
}

export interface RunHistoryReplyChange {
  revision: number;
  at: Date;
  actor: string;
  verb: string;
  /** Absent where the run was started. */
  before?: Run;
  after?: Run;
}

/** Whom a run would reach now. */
export interface RunPlan {
  /** In all waves. */
  hosts: number;
  waves: RunPlanWave[];
}

export interface RunPlanWave {
  percent: number;
  /** Hosts that this wave adds to those before it. */
  hosts: number;
  /** The first 1000 of them. */
  host_ids: number[];
}

export interface RunReply {
  data: Run;
}

export interface RunRequest {
  id: number;
}

export interface RunsReply {
  data: Run[];
  /** For the next page; absent on the last one. A page may hold fewer than `limit`, even none, while this is there. */
  next_cursor?: string;
  /** How many runs there are in all; a lower bound where `total_exact` is false. */
  total: number;
  total_exact: boolean;
}

export interface RunTaskReply {
  run?: Run;
  /** For `dry_run`. */
  plan?: RunPlan;
}

export interface RunTaskRequest {
  task_id: number;
  strategy_id: number;
  dry_run?: boolean;
}

export interface Schedule {
  id: number;
  /** The revision of the commit that last changed the schedule. */
  revision: number;
  name: string;
  task_id: number;
  strategy_id: number;
  cron?: string;
  every_seconds?: number;
  at?: Date;
  time_zone: string;
  overlap: 'skip' | 'queue' | 'cancel';
  jitter_seconds: number;
  catch_up_seconds: number;
  start_at?: Date;
  end_at?: Date;
  enabled: boolean;
  created_at: Date;
  updated_at: Date;
  /** The next due time, to which jitter is added. `Add`, `Update` and `List` show it; absent where nothing is due any more. */
  next_run_at?: Date;
}

export interface ScheduleChangesReply {
  data: ScheduleChangesReplyChanges;
}

export interface ScheduleChangesReplyChanges {
  /** Names this history of the table; another one after a restore from a backup. */
  log: string;
  from: number;
  to: number;
  /** `added` is the whole list, not what was added to the one at `from`. */
  snapshot: boolean;
  added: Schedule[];
  /** Ids of what went, if the request did not say `full`. */
  removed: number[];
  /** What went, as it last was, if the request said `full`. */
  removed_records: Schedule[];
}

export interface ScheduleHistoryReply {
  data: ScheduleHistoryReplyChange[];
  next_cursor?: string;
}

export interface ScheduleHistoryReplyChange {
  /** Absent for what became of a due time. */
  revision?: number;
  at: Date;
  actor: string;
  verb: string;
  /** Absent where the schedule was added. */
  before?: Schedule;
  /** Absent where the schedule was deleted. */
  after?: Schedule;
  /** Present for what became of a due time; the first of them where it stands for several. */
  due_at?: Date;
  /** The last of them. */
  last_due_at?: Date;
  /** How many due times it stands for. */
  count?: number;
  /** The run that it fired. */
  run_id?: number;
  reason?: string;
}

export interface ScheduleReply {
  data: Schedule;
}

export interface SchedulesReply {
  data: Schedule[];
  /** For the next page; absent on the last one. A page may hold fewer than `limit`, even none, while this is there. */
  next_cursor?: string;
  /** How many schedules there are in all; a lower bound where `total_exact` is false. */
  total: number;
  total_exact: boolean;
}

/** All that is named has to hold; an empty list names nothing. */
export interface Target {
  hosts?: number[];
  /** For each label the values that it may have: `{"env": ["prod", "staging"]}`. */
  labels?: Record<string, unknown>;
  platforms?: string[];
  eggs?: TargetEgg[];
}

export interface TargetEgg {
  /** By its name. */
  egg: string;
  /** A range of semantic versions, as node-semver reads it; any version if not said. */
  versions?: string;
}

export interface Task {
  id: number;
  /** The revision of the commit that last changed the task. */
  revision: number;
  name: string;
  egg_id: number;
  action: string;
  payload?: Record<string, unknown>;
  file_id?: number;
  version_id?: number;
  created_at: Date;
  updated_at: Date;
}

export interface TaskChangesReply {
  data: TaskChangesReplyChanges;
}

export interface TaskChangesReplyChanges {
  /** Names this history of the table; another one after a restore from a backup. */
  log: string;
  from: number;
  to: number;
  /** `added` is the whole list, not what was added to the one at `from`. */
  snapshot: boolean;
  added: Task[];
  /** Ids of what went, if the request did not say `full`. */
  removed: number[];
  /** What went, as it last was, if the request said `full`. */
  removed_records: Task[];
}

export interface TaskHistoryReply {
  data: TaskHistoryReplyChange[];
  next_cursor?: string;
}

export interface TaskHistoryReplyChange {
  revision: number;
  at: Date;
  actor: string;
  verb: string;
  /** Absent where the task was added. */
  before?: Task;
  /** Absent where the task was deleted. */
  after?: Task;
}

export interface TaskReply {
  data: Task;
}

export interface TasksReply {
  data: Task[];
  /** For the next page; absent on the last one. A page may hold fewer than `limit`, even none, while this is there. */
  next_cursor?: string;
  /** How many tasks there are in all; a lower bound where `total_exact` is false. */
  total: number;
  total_exact: boolean;
}

export interface TaskStrategiesReply {
  data: TaskStrategy[];
  /** For the next page; absent on the last one. A page may hold fewer than `limit`, even none, while this is there. */
  next_cursor?: string;
  /** How many strategies there are in all; a lower bound where `total_exact` is false. */
  total: number;
  total_exact: boolean;
}

export interface TaskStrategy {
  id: number;
  /** The revision of the commit that last changed the strategy. */
  revision: number;
  name: string;
  target: Target;
  waves: Wave[];
  max_in_flight?: number;
  timeout_seconds: number;
  max_attempts: number;
  retry_backoff_seconds: number;
  queue_ttl_seconds: number;
  abort?: Abort;
  windows: Window[];
  created_at: Date;
  updated_at: Date;
}

export interface TaskStrategyChangesReply {
  data: TaskStrategyChangesReplyChanges;
}

export interface TaskStrategyChangesReplyChanges {
  /** Names this history of the table; another one after a restore from a backup. */
  log: string;
  from: number;
  to: number;
  /** `added` is the whole list, not what was added to the one at `from`. */
  snapshot: boolean;
  added: TaskStrategy[];
  /** Ids of what went, if the request did not say `full`. */
  removed: number[];
  /** What went, as it last was, if the request said `full`. */
  removed_records: TaskStrategy[];
}

export interface TaskStrategyHistoryReply {
  data: TaskStrategyHistoryReplyChange[];
  next_cursor?: string;
}

export interface TaskStrategyHistoryReplyChange {
  revision: number;
  at: Date;
  actor: string;
  verb: string;
  /** Absent where the strategy was added. */
  before?: TaskStrategy;
  /** Absent where the strategy was deleted. */
  after?: TaskStrategy;
}

export interface TaskStrategyReply {
  data: TaskStrategy;
}

export interface TriggerScheduleRequest {
  id: number;
}

export interface UpdateScheduleRequest {
  id: number;
  name?: string;
  task_id?: number;
  strategy_id?: number;
  /** Five or six fields; one of `cron`, `every_seconds` and `at`. */
  cron?: string;
  every_seconds?: number;
  /** Once; not in the past. */
  at?: Date;
  /** An IANA name in which `cron` is read; UTC if not said. */
  time_zone?: string;
  /** What becomes of a due time while the last run is not over: `skip` if not said. */
  overlap?: 'skip' | 'queue' | 'cancel';
  /** How much later a due time fires at most, by a stable hash (0). */
  jitter_seconds?: number;
  /** What was missed while nothing ran fires once if it is not older (600). */
  catch_up_seconds?: number;
  start_at?: Date;
  /** Nothing fires from then on. */
  end_at?: Date;
  /** True if not said. */
  enabled?: boolean;
  /** Fields to be emptied; in JSON they are `null`. */
  clear?: ('cron' | 'every_seconds' | 'at' | 'time_zone' | 'start_at' | 'end_at')[];
}

export interface UpdateTaskRequest {
  id: number;
  name?: string;
  egg_id?: number;
  action?: string;
  payload?: Record<string, unknown>;
  file_id?: number;
  version_id?: number;
  /** Fields to be emptied; in JSON they are `null`. */
  clear?: ('payload' | 'file_id' | 'version_id')[];
}

export interface UpdateTaskStrategyRequest {
  id: number;
  name?: string;
  /** Takes the place of the whole target. */
  target?: Target;
  /** Rising, the last 100 %; one wave of 100 % if not said. */
  waves?: Wave[];
  /** How many executions may be under way at once; any number if not said. */
  max_in_flight?: number;
  /** How long an attempt may take (3600). */
  timeout_seconds?: number;
  /** How often a host is given the work (1). */
  max_attempts?: number;
  /** How long a failed attempt waits before the next (60). */
  retry_backoff_seconds?: number;
  /** How long after its start a run waits for hosts (604800). */
  queue_ttl_seconds?: number;
  abort?: Abort;
  /** When work may be handed out; always if not said. */
  windows?: Window[];
  /** Fields to be emptied; in JSON they are `null`. */
  clear?: ('waves' | 'max_in_flight' | 'abort' | 'windows')[];
}

export interface Wave {
  /** Of the hosts that match, with those of the waves before. */
  percent: number;
  /** How long it is looked at before the next wave opens (0). */
  soak_seconds?: number;
  /** How many of its ended executions have to have succeeded before the next wave opens (100). */
  success_percent?: number;
}

/** Work may be handed out for some minutes from each of the cron times. */
export interface Window {
  cron: string;
  minutes: number;
  /** An IANA name; UTC if not said. */
  time_zone?: string;
}

/** A host as runs see it. */
export interface WorkHost {
  id: number;
  name?: string;
  platform?: string;
  labels?: Record<string, string>;
  eggs?: WorkHostEgg[];
}

export interface WorkHostEgg {
  egg?: string;
  version?: string;
}

export interface WorkReply {
  executions: WorkReplyWork[];
}

export interface WorkReplyWork {
  id: string;
  attempt: number;
  task: string;
  egg: string;
  action: string;
  payload: Record<string, unknown>;
  file?: RunFile;
  /** Of the file. */
  signature?: string;
  version?: RunVersion;
  timeout_seconds: number;
}

export interface WorkRequest {
  host: WorkHost;
  executions?: WorkRequestReport[];
}

export interface WorkRequestReport {
  id?: string;
  attempt?: number;
  state?: string;
  exit_code?: number;
  message?: string;
}
