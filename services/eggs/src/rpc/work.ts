// The work of a host that checks in, as the tasks service has it. Where that is away, the host has none now.

import type { CheckInReplyExecution } from '@egg/contract/types/eggs';
import type { WorkReply, WorkReplyWork } from '@egg/contract/types/tasks';
import type { ServiceParts } from '@egg/service';
import type { FindWork } from './check-in.ts';

/** As long as it does not answer, nobody waits for it for longer, so that check-ins are not slow while it is away. */
const AWAY_MS = 150;

/** Asks the tasks service. */
export function workOfTasks(others: Pick<ServiceParts['others'], 'call'>): FindWork {
  let isAway = false;
  return async (host, reports, { deadline, ...context }) => {
    const { id, name, platform, labels, eggs } = host;
    const request = {
      host: { id, name, platform, labels, eggs: eggs.map(({ egg, version }) => ({ egg, version })) },
      executions: [...reports],
    };
    const until = isAway ? Math.min(deadline, Date.now() + AWAY_MS) : deadline;
    try {
      const options = { ...context, deadline: until };
      const { executions } = await others.call<WorkReply>(SERVICE, 'CheckIn', request, options);
      isAway = false;
      return executions.map(asExecution);
    } catch (error) {
      isAway = Date.now() >= until;
      throw error;
    }
  };
}

const SERVICE = 'egg.tasks.v1.WorkService';

function asExecution(work: WorkReplyWork): CheckInReplyExecution {
  const { id, attempt, task, egg, action, payload, file, signature, version, timeout_seconds } = work;
  return {
    id,
    attempt,
    task,
    egg,
    action,
    payload,
    ...(file && { file: { ...file, ...(signature !== undefined && { signature }) } }),
    ...(version && {
      version: {
        id: version.id,
        egg,
        version: version.version,
        public_keys: version.public_keys,
        allow_unsigned: version.allow_unsigned,
      },
    }),
    timeout_seconds,
  };
}
