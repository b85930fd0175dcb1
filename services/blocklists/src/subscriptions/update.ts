// One update of a subscription that has been claimed: fetch, look at the list whole, and only then let it in.

import { randomUUID } from 'node:crypto';
import type { Origin } from '@egg/store';
import { toRpcError } from '@egg/rpc/errors';
import { download, type Download } from './download.ts';
import { FetchFailure } from './failure.ts';
import { beginImport, type FetchEnd } from './fetch-steps.ts';
import type { Ways } from './hop.ts';
import type { ImportList } from './list-import.ts';
import type { StateDocument } from './state-document.ts';
import type { States } from './states.ts';
import type { FetchLimits } from './time-limits.ts';
import { entriesOf, type ImportCounts, judge } from './verdict.ts';

export interface Updates {
  readonly states: States;
  readonly importList: ImportList;
  readonly ways: Ways;
  readonly limits: FetchLimits;
  readonly log: { error(details: object, message: string): void };
}

const SHOWN_ERRORS = 20;
/** How long a subscription waits for the entries of another one that had its name. */
const NAME_TAKEN_MS = 1000;

/** Answers with how it ended. Throws the signal's reason where it is aborted, and nothing else. */
export async function update(parts: Updates, state: StateDocument, signal: AbortSignal): Promise<FetchEnd> {
  try {
    return state.phase === 'removing'
      ? await remove(parts, state, signal)
      : await refresh(parts, state, signal);
  } catch (thrown) {
    if (signal.aborted) throw signal.reason;
    if (thrown instanceof FetchFailure) return { kind: 'failed', reason: thrown.message };
    const error = toRpcError(thrown);
    if (error.code === 'INTERNAL') {
      parts.log.error(
        { subscription: state.name, err: error.cause ?? error },
        'the update of a subscription failed',
      );
    }
    if (state.phase === 'removing') return { kind: 'later', at: new Date(Date.now() + NAME_TAKEN_MS) };
    return { kind: 'failed', reason: `the list could not be imported: ${error.message}` };
  }
}

/** Takes the source of a deleted subscription from all entries. */
async function remove({ importList }: Updates, state: StateDocument, signal: AbortSignal): Promise<FetchEnd> {
  const origin = originOf(state);
  await importList({ source: state.name, format: 'auto', content: nothing(), isDry: false, origin, signal });
  return { kind: 'removed' };
}

async function refresh(parts: Updates, state: StateDocument, signal: AbortSignal): Promise<FetchEnd> {
  // Else the removal would take away what comes in here.
  if (await parts.states.isRemoving(state.name)) {
    return { kind: 'later', at: new Date(Date.now() + NAME_TAKEN_MS) };
  }
  const { url, etag, last_modified, forced = false } = state;
  const validators = {
    ...(etag !== undefined && { etag }),
    ...(last_modified !== undefined && { last_modified }),
  };
  const { ways, limits } = parts;
  const found = await download({ url, ways, limits, signal, ...(!forced && { validators }) });
  if (found.kind === 'unchanged') return { kind: 'unchanged', validators };
  try {
    if (found.sha256 === state.sha256 && !forced) return { kind: 'unchanged', validators: found.validators };
    return await take(parts, state, found, signal);
  } finally {
    await found.content.close();
  }
}

async function take(
  { states, importList }: Updates,
  state: StateDocument,
  { content, sha256, validators }: Extract<Download, { kind: 'list' }>,
  signal: AbortSignal,
): Promise<FetchEnd> {
  const { name: source, format, claim = '' } = state;
  const list = { source, format, origin: originOf(state), signal };
  const counts = await importList({ ...list, content: content.read(), isDry: true });
  const verdict = judge(counts, state.accepted);
  if (verdict.kind === 'fail') return { kind: 'failed', reason: verdict.reason };
  if (verdict.kind === 'hold') {
    const { added, removed } = counts;
    return { kind: 'held', held: { added, removed, entries: entriesOf(counts) } };
  }
  // From here on the entries may be a mixture, if this process dies: whoever comes next must not believe the host that the list is
  // what it was.
  if (!(await states.step(state._id, (now) => beginImport(now, claim)))) {
    // Another replica has taken over; what this one says of it counts no more.
    return { kind: 'later', at: new Date() };
  }
  const done = await importList({ ...list, content: content.read(), isDry: false });
  return {
    kind: 'ok',
    facts: { sha256, ...validators, last_result: resultOf(done, content.bytes) },
    hasChanged: done.added + done.removed > 0,
  };
}

function resultOf(counts: ImportCounts, bytes: number): NonNullable<StateDocument['last_result']> {
  const { added, existing, removed, refused, errors } = counts;
  return {
    added,
    existing,
    removed,
    refused,
    errors: errors.slice(0, SHOWN_ERRORS).map(({ line, reason }) => ({ line, reason })),
    entries: entriesOf(counts),
    bytes,
  };
}

/** Who the commits are by: the subscription; and the request that caused them, where there was one. */
function originOf({ name, cause }: StateDocument): Origin {
  return {
    actor: `subscription ${name}`,
    from: cause?.from ?? '',
    requestId: cause?.request_id ?? randomUUID(),
  };
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
