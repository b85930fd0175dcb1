// What a task has to be, beyond what the proto says.

import type { EggVersion } from '@egg/contract/types/eggs';
import type { AddTaskRequest, Task, UpdateTaskRequest } from '@egg/contract/types/tasks';
import { invalidField } from '@egg/rpc/errors';
import type { Fields, Preparation } from '@egg/store';
import { refusePayload } from '../domain/payload.ts';

/** The action that brings hosts to a version. */
const UPDATE = 'update';

/** A new task's own fields. Throws INVALID_ARGUMENT. */
export function newTask(request: AddTaskRequest): Fields<Task> {
  const { name, egg_id, action, payload, file_id, version_id } = request;
  return checked({
    name,
    egg_id,
    action,
    ...(payload && { payload }),
    ...(file_id !== undefined && { file_id }),
    ...(version_id !== undefined && { version_id }),
  });
}

/** The own fields that an update leaves. Throws INVALID_ARGUMENT. */
export function changedTask(record: Task, { clear = [], ...request }: UpdateTaskRequest): Fields<Task> {
  const { name, egg_id, action, payload, file_id, version_id } = { ...record, ...request };
  return checked({
    name,
    egg_id,
    action,
    ...(payload && !clear.includes('payload') && { payload }),
    ...(file_id !== undefined && !clear.includes('file_id') && { file_id }),
    ...(version_id !== undefined && !clear.includes('version_id') && { version_id }),
  });
}

/** Looks whether the version is one of the egg's. Throws INVALID_ARGUMENT; UNAVAILABLE where that cannot be known. */
export async function prepareTask(
  after: Fields<Task>,
  before: Task | undefined,
  at: Preparation,
): Promise<Fields<Task>> {
  const { egg_id, version_id } = after;
  // A version never comes to another egg.
  const isKnown = before?.egg_id === egg_id && before.version_id === version_id;
  if (version_id === undefined || isKnown) return after;
  const version = await at.read<EggVersion>('egg_versions', version_id);
  if (!version) throw invalidField('version_id', `names egg_versions ${version_id}, which is not there`);
  if (version.egg_id !== egg_id) {
    throw invalidField('version_id', `names a version of eggs ${version.egg_id}, not of eggs ${egg_id}`);
  }
  return after;
}

function checked(fields: Fields<Task>): Fields<Task> {
  if (fields.action === UPDATE && fields.version_id === undefined) {
    throw invalidField('version_id', 'is required where the action is update');
  }
  const reason = fields.payload && refusePayload(fields.payload);
  if (reason !== undefined) throw invalidField('payload', reason);
  return fields;
}
