// Answers from memory which entry of the list of processes decides: the few entries that can match are found by name and signature,
// and `decideProcess` decides among them.

import type { ProcessBlock } from '@egg/contract/types/blocklists';
import type { Commit, Follower } from '@egg/store';
import { type Decision, decideProcess } from '../domain/precedence.ts';
import { ANY_PROCESS, baseName, processKey } from '../domain/process-name.ts';
import { ANY_SIGNATURE, canonicalSignature } from '../domain/signature.ts';

export type ProcessRule = Pick<
  ProcessBlock,
  'id' | 'process' | 'signature' | 'action' | 'enabled' | 'expires_at'
>;

export class ProcessLookup implements Follower<ProcessBlock> {
  readonly fields = ['enabled', 'expires_at'] as const;
  /** By the process in the form that it is compared in, then by signature: one entry for each action. */
  readonly #entries = new Map<string, Map<string, ProcessRule[]>>();

  load(entry: ProcessRule): void {
    this.#put(entry);
  }

  apply({ changes }: Pick<Commit<ProcessBlock>, 'changes'>): void {
    for (const { before } of changes) if (before) this.#drop(before);
    for (const { after } of changes) if (after) this.#put(after);
  }

  /** The entry that decides on a process with all signatures that its binary has, at a time. */
  decide(process: string, signatures: readonly string[], now: Date): Decision<ProcessRule> {
    return decideProcess(process, signatures, this.#candidates(process, signatures), now);
  }

  *#candidates(process: string, signatures: readonly string[]): Generator<ProcessRule> {
    const path = processKey(process);
    const known = signatures.flatMap((text) => {
      const canonical = canonicalSignature(text);
      return canonical.ok ? [canonical.signature] : [];
    });
    for (const name of new Set([path, baseName(path), ANY_PROCESS])) {
      const bySignature = this.#entries.get(name);
      if (!bySignature) continue;
      for (const signature of new Set([...known, ANY_SIGNATURE])) yield* bySignature.get(signature) ?? [];
    }
  }

  #put({ id, process, signature, action, enabled, expires_at }: ProcessRule): void {
    if (!enabled) return;
    const key = processKey(process);
    const bySignature = this.#entries.get(key) ?? new Map<string, ProcessRule[]>();
    const others = (bySignature.get(signature) ?? []).filter((other) => other.id !== id);
    const entry = { id, process, signature, action, enabled, ...(expires_at && { expires_at }) };
    bySignature.set(signature, [...others, entry]);
    this.#entries.set(key, bySignature);
  }

  /** Only what this very entry has goes: another one may have its key by now. */
  #drop({ id, process, signature }: ProcessRule): void {
    const key = processKey(process);
    const bySignature = this.#entries.get(key);
    const there = bySignature?.get(signature);
    if (!bySignature || !there) return;
    const others = there.filter((other) => other.id !== id);
    if (others.length > 0) bySignature.set(signature, others);
    else bySignature.delete(signature);
    if (bySignature.size === 0) this.#entries.delete(key);
  }
}
