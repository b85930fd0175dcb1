// Work that the server gives. Each execution is done once, though it is handed out again: it is written down before it begins and when
// it has ended, so a crash in between is a failure and not a second time.

import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Host } from './api.ts';
import { download, isSigned } from './download.ts';
import { readLines, saver } from './files.ts';

type Egg = { readonly egg: string; readonly version: string };
type State = 'succeeded' | 'failed' | 'timed_out' | 'rejected';
export type Result = { state: State; exit_code?: number; message?: string };
type File = { readonly id: number; readonly sha256: string; readonly signature?: string };
type Version = Egg & { readonly public_keys: readonly string[]; readonly allow_unsigned: boolean };
type Task = { action: string; payload?: object; file?: File; version?: Version };
/** One host's part of a run, as a check-in's answer has it. */
export type Execution = Task & { id: string; attempt: number; timeout_seconds: number };
/** Does it. `file` is the path of the execution's file, verified and for this time only. The signal says that time is up. */
export type Perform = (execution: Execution, signal: AbortSignal, file?: string) => Promise<Result>;
/** `eggs` says what runs here now. One of `publicKeys` has to have signed every file, whatever keys the server names. */
export type WorkOptions = { perform?: Perform; eggs?: () => readonly Egg[]; publicKeys?: readonly string[] };
/** `told` says how many check-ins were answered since it ended. */
type Known = { asked: Execution; begunAt: number; told: number; result?: Result };
const SUCCEEDED: Result = { state: 'succeeded' };
const INTERRUPTED: Result = { state: 'failed', message: 'was interrupted' };
const WEEK_MS = 604_800_000;

/** Opens what is remembered. What had begun and not ended has failed, unless it was an update that is there. */
export async function openWork(dir: string, host: Host, options: WorkOptions) {
  const { perform, eggs = () => [], publicKeys = [] } = options;
  const known = new Map((await readLines<[string, Known][]>(join(dir, 'work.json')))[0]);
  const save = saver(join(dir, 'work.json'), () => [...known]);
  const isThere = ({ action, version: to }: Task): boolean =>
    action === 'update' && eggs().some(({ egg, version }) => egg === to?.egg && version === to.version);
  let active: Promise<unknown> = Promise.resolve();
  for (const one of known.values()) one.result ??= isThere(one.asked) ? SUCCEEDED : INTERRUPTED;

  const run = async (execution: Execution, signal: AbortSignal): Promise<Result> => {
    const { id, file, version } = execution;
    if (isThere(execution)) return SUCCEEDED;
    if (!perform) return { state: 'rejected', message: 'this host does no work' };
    if (!file) return perform(execution, signal);
    const keys = publicKeys.length > 0 ? publicKeys : (version?.public_keys ?? []);
    const isUnsignedTaken = keys.length === 0 && version?.allow_unsigned !== false;
    if (!isUnsignedTaken && !isSigned(file.sha256, file.signature ?? '', keys))
      throw new Error(`no key of the egg signed the file ${file.id}`);
    const path = join(dir, `file-${encodeURIComponent(id).slice(-100)}`);
    await download(host, { ...file, signal }, path);
    try {
      return await perform(execution, signal, path);
    } finally {
      await rm(path, { force: true });
    }
  };
  return {
    /** Resolves when nothing is under way. */
    idle: (): Promise<unknown> => active,
    /** For a check-in. Nobody says when the server has heard of an end: the 1st, 2nd, 3rd, 5th, 9th … check-in after it tells it. */
    reports(): object[] {
      const due = [...known.values()].filter(({ told }) => (told & (told - 1)) === 0).slice(-100);
      return due.map(({ asked: { id, attempt }, result }) => {
        return { id, attempt, state: 'running', ...result, message: result?.message?.slice(0, 1000) };
      });
    },
    /** What a check-in was answered. Begins what is new, and does not wait for it. */
    async take(executions: readonly Execution[], stop: AbortSignal): Promise<void> {
      for (const one of known.values()) {
        if (one.result) one.told++;
        if (one.result && one.begunAt + WEEK_MS < Date.now()) known.delete(one.asked.id);
      }
      for (const execution of executions) {
        const { id, attempt, timeout_seconds: seconds } = execution;
        const before = known.get(id);
        if (before) before.told = 0;
        if (before && (!before.result || before.asked.attempt >= attempt)) continue;
        const one: Known = { asked: { ...execution, payload: {} }, begunAt: Date.now(), told: 0 };
        known.set(id, one);
        await save();
        const limit = AbortSignal.timeout(Math.min(seconds * 1000, 2 ** 31 - 1));
        // What is stopped with us may have stopped us, as an update does: the next start sees what became of it.
        const lost = ({ message }: Error): Result | undefined =>
          stop.aborted ? undefined : { state: limit.aborted ? 'timed_out' : 'failed', message };
        const ended = run(execution, AbortSignal.any([stop, limit]))
          .catch(lost)
          .then((result) => result && ((one.result = result), save()))
          .catch(() => undefined); // It is told all the same.
        active = Promise.all([active, ended]);
      }
    },
  };
}
