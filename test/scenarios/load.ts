// Many callers at once: some raise the counter of domains, others add, change and delete domains. What each was answered is kept,
// so that it can be held against the log.

import { randomUUID } from 'node:crypto';
import { byCallers, type DomainEntry, type HttpClient } from '@egg/testing';

/** A write that was answered with a commit. */
export interface Answered {
  readonly revision: number;
  readonly requestId: string;
  readonly verb: 'added' | 'updated' | 'deleted' | 'touched';
}

export interface LoadResult {
  readonly answered: readonly Answered[];
  /** Writes of a domain that another caller had deleted before. */
  readonly refused: number;
}

export interface LoadOptions {
  /** How often the counter is raised. */
  readonly raises: number;
  /** How many domains are added; a third of them is changed, and a third deleted, while it goes on. */
  readonly adds: number;
  readonly callers?: number;
}

type Work = 'touched' | 'added' | 'updated' | 'deleted';

/** Spreads the callers over the gateways. Throws where an answer is neither a commit nor NOT_FOUND. */
export async function writeAtOnce(
  gateways: readonly HttpClient[],
  { raises, adds, callers = 64 }: LoadOptions,
): Promise<LoadResult> {
  const work = shuffle<Work>([
    ...new Array<Work>(raises).fill('touched'),
    ...new Array<Work>(adds).fill('added'),
    ...new Array<Work>(Math.floor(adds / 3)).fill('updated'),
    ...new Array<Work>(Math.floor(adds / 3)).fill('deleted'),
  ]);
  const known: number[] = [];
  const answers = await byCallers(callers, work, async (wanted, index) => {
    const http = gateways[index % gateways.length] as HttpClient;
    const requestId = randomUUID();
    const id = known[Math.floor(Math.random() * known.length)];
    const verb = id === undefined && wanted !== 'touched' ? 'added' : wanted;
    const [path, fields] = requestOf(verb, index, id ?? 0);
    const { body } = await http.post<DomainEntry & { value: number }>(path, fields, {
      'x-request-id': requestId,
    });
    if (body.code === 'NOT_FOUND') return undefined;
    if (body.status !== 0) throw new Error(`${path} ${JSON.stringify(fields)}: ${JSON.stringify(body)}`);
    if (verb === 'added') known.push(body.data.id);
    if (verb === 'deleted') known.splice(known.indexOf(id ?? 0), 1);
    return { revision: verb === 'touched' ? body.data.value : body.data.revision, requestId, verb };
  });
  const answered = answers.filter((answer) => answer !== undefined);
  return { answered, refused: answers.length - answered.length };
}

function requestOf(verb: Work, index: number, id: number): [path: string, fields: object] {
  if (verb === 'touched') return ['/counter/update', { field: 'counter_for_domain' }];
  if (verb === 'added') return ['/domain/add', { domain: `load-${index}.example` }];
  if (verb === 'updated') return ['/domain/update', { id, comment: `changed ${index}` }];
  return ['/domain/delete', { id }];
}

function shuffle<T>(items: T[]): T[] {
  for (let last = items.length - 1; last > 0; last--) {
    const other = Math.floor(Math.random() * (last + 1));
    [items[last], items[other]] = [items[other] as T, items[last] as T];
  }
  return items;
}
