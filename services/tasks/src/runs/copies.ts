// What a run keeps of its task and its strategy as they are when it starts, and the records that it needs until it has ended.

import type { Egg, EggVersion, File } from '@egg/contract/types/eggs';
import type {
  RunFile,
  RunStrategy,
  RunTask,
  RunUses,
  RunVersion,
  Task,
  TaskStrategy,
} from '@egg/contract/types/tasks';
import { invalidField, RpcError } from '@egg/rpc/errors';
import type { Row } from '@egg/store';
import { ONE_WAVE } from '../domain/waves.ts';

/** A record of any table of the system; undefined if there is none. Throws UNAVAILABLE where that cannot be known. */
export type Read = <R extends Row>(table: string, id: number) => Promise<R | undefined>;

export interface Copies {
  readonly task: RunTask;
  readonly strategy: RunStrategy;
  readonly uses: RunUses;
}

/**
 * Copies both. Throws INVALID_ARGUMENT where one is not there, FAILED_PRECONDITION where the task's version is not published or what it
 * needs is gone.
 */
export async function copiesOf(read: Read, taskId: number, strategyId: number): Promise<Copies> {
  const [task, strategy] = await Promise.all([
    read<Task>('egg_tasks', taskId),
    read<TaskStrategy>('task_strategies', strategyId),
  ]);
  if (!task) throw invalidField('task_id', `names task ${taskId}, which is not there`);
  if (!strategy) throw invalidField('strategy_id', `names strategy ${strategyId}, which is not there`);
  const { egg_id, file_id, version_id, payload } = task;
  const [egg, file, version] = await Promise.all([
    read<Egg>('eggs', egg_id),
    file_id === undefined ? undefined : copyFile(read, file_id),
    version_id === undefined ? undefined : read<EggVersion>('egg_versions', version_id),
  ]);
  if (!egg) throw gone(`egg ${egg_id}`);
  if (version_id !== undefined && version?.state !== 'published')
    throw unmet(`version ${version?.version ?? version_id} of the task is not published`);
  return {
    task: {
      id: task.id,
      name: task.name,
      egg_id,
      egg: egg.name,
      action: task.action,
      ...(payload && { payload }),
      ...(file && { file }),
      ...(version && { version: await copyVersion(read, egg, version) }),
    },
    strategy: copyStrategy(strategy),
    uses: {
      task_id: task.id,
      strategy_id: strategy.id,
      egg_id,
      ...(file_id !== undefined && { file_id }),
      ...(version_id !== undefined && { version_id }),
    },
  };
}

/** A version with what its files are. */
export async function copyVersion(
  read: Read,
  { public_keys, allow_unsigned }: Pick<Egg, 'public_keys' | 'allow_unsigned'>,
  { id, version, files }: EggVersion,
): Promise<RunVersion> {
  const copied = await Promise.all(
    files.map(async ({ platform, signature, file_id }) => ({
      platform,
      ...(signature !== undefined && { signature }),
      file: await copyFile(read, file_id),
    })),
  );
  return { id, version, files: copied, public_keys, allow_unsigned };
}

async function copyFile(read: Read, id: number): Promise<RunFile> {
  const file = await read<File>('files', id);
  if (!file) throw gone(`file ${id}`);
  const { name, sha256, size } = file;
  return { id, name, sha256, size };
}

function copyStrategy(strategy: TaskStrategy): RunStrategy {
  const { id, name, target, max_in_flight, timeout_seconds, max_attempts } = strategy;
  const { waves, retry_backoff_seconds, queue_ttl_seconds, abort, windows } = strategy;
  return {
    id,
    name,
    target,
    waves: waves.length > 0 ? waves : [...ONE_WAVE],
    ...(max_in_flight !== undefined && { max_in_flight }),
    timeout_seconds,
    max_attempts,
    retry_backoff_seconds,
    queue_ttl_seconds,
    ...(abort && { abort }),
    windows,
  };
}

function gone(what: string): RpcError {
  return unmet(`${what} of the task is not there any more`);
}

function unmet(reason: string): RpcError {
  return new RpcError('FAILED_PRECONDITION', reason, { violations: [{ field: 'task_id', reason }] });
}
