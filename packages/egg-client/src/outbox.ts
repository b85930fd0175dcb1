// What the server has to hear once: how often what was blocked. A check-in is written down with its key before it is sent, and is sent
// again, the same, until it is answered: the server knows it by its key and counts nothing twice, whoever is killed in between.

import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { readLines, saver } from './files.ts';

export type Kind = 'domain' | 'process';
type Counts = [name: string, count: number][];
type CheckIn = { readonly key: string; readonly body: object };

/** Names of each kind: the file stays small though the server is away for long, and a check-in is one that the server takes. */
const [KEPT, SENT] = [2000, 500];

/** Opens what was left in the file. */
export async function openOutbox(file: string) {
  const [saved] = await readLines<{ domain: Counts; process: Counts; sent?: CheckIn }>(file);
  const waiting = { domain: new Map(saved?.domain), process: new Map(saved?.process) };
  let sent = saved?.sent;
  const save = saver(file, () => ({ domain: [...waiting.domain], process: [...waiting.process], sent }));
  let soon: Promise<void> | undefined;
  const take = (kind: Kind): object[] => {
    const taken = [...waiting[kind]].slice(0, SENT);
    for (const [name] of taken) waiting[kind].delete(name);
    return taken.map(([name, count]) => ({ [kind]: name, count }));
  };
  return {
    /** Resolves when it would survive a crash, within a second. Names that there is no room for are not counted. */
    count(kind: Kind, name: string, count: number): Promise<void> {
      const counts = waiting[kind];
      const isName = name !== '' && name.length <= (kind === 'domain' ? 253 : 1024);
      if (isName && (counts.has(name) || counts.size < KEPT))
        counts.set(name, Math.min(1e9, (counts.get(name) ?? 0) + count));
      return (soon ??= delay(500).then(() => ((soon = undefined), save())));
    },
    /** The check-in that was not answered yet, or else a new one with `report` in it. */
    async next(report: object): Promise<CheckIn> {
      const blocked = () => ({ domains: take('domain'), processes: take('process') });
      sent ??= { key: randomUUID(), body: { ...report, blocked: blocked() } };
      await save();
      return sent;
    },
    /** It is over: the server has it, or never will. */
    done(): Promise<void> {
      sent = undefined;
      return save();
    },
  };
}
