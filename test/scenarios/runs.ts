// Runs as the tests have them: hosts that check in and do what they are told, and what an operator sees of it.

import { afterAll } from 'vitest';
import { loadContract } from '@egg/contract';
import type { Host } from '@egg/contract/types/eggs';
import { Credentials } from '@egg/service';
import { type Database, declareTable } from '@egg/store';
import { byCallers, type HttpClient, quiet } from '@egg/testing';
import { checkIn } from './hosts.ts';

export interface MadeHost {
  readonly id: number;
  readonly token: string;
}

export interface Work {
  readonly id: string;
  readonly attempt: number;
  readonly task: string;
  readonly egg: string;
  readonly action: string;
  readonly payload: object;
  readonly file?: { readonly sha256: string; readonly signature?: string };
  readonly version?: { readonly version: string };
  readonly timeout_seconds: number;
}

export interface RunRecord {
  readonly id: number;
  readonly state: string;
  readonly wave: number;
  readonly reason?: string;
  readonly uses: object;
  readonly counts: Readonly<Record<string, number>>;
  readonly in_flight: number;
}

export interface ExecutionRecord {
  readonly id: string;
  readonly host_id: number;
  readonly state: string;
  readonly attempt: number;
  readonly wave: number;
  readonly message?: string;
  readonly previous_version?: string;
}

export interface MadeFields {
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** `linux/amd64` if not said. */
  readonly platform?: string;
}

/** What a host answers to work that it is given; undefined keeps it waiting. */
export type Does = (work: Work) => { state: string; exit_code?: number; message?: string } | undefined;

const LANES = 32;
const BYTES = { 'content-type': 'application/octet-stream' };

/** Enrolled hosts, made as one more replica would make them. */
export async function makeHosts(
  database: Database,
  count: number,
  fields: (index: number) => MadeFields,
): Promise<MadeHost[]> {
  const credentials = new Credentials(database);
  const hosts = declareTable<Host, object, { id: number }>(loadContract(), 'hosts');
  const { table } = await hosts.open({ database, log: quiet });
  afterAll(() => table.close());
  return byCallers(LANES, Array.from({ length: count }), async (_, index) => {
    const { name, labels = {}, platform = 'linux/amd64' } = fields(index);
    const { key, secret } = await credentials.issue({ role: 'host', name });
    const { commit } = await table.submit({
      origin: { actor: 'test', from: '', requestId: '' },
      deadline: Date.now() + 30_000,
      decide: (view) => {
        const own = { name, platform, labels, address: '', token_key: key, enrolled_at: view.at };
        view.add(own as unknown as Host);
        return { verb: 'enrolled' };
      },
    });
    const id = commit?.changes[0]?.id ?? 0;
    await credentials.confirm(key, { host: id });
    return { id, token: secret };
  });
}

/** One host of the operator's: it keeps what it was given, does it, and reports it with its next check-in. */
export class Agent {
  readonly host: MadeHost;
  readonly given: Work[] = [];
  version: string | undefined;
  #reports: object[] = [];
  readonly #egg: string;

  constructor(host: MadeHost, egg: string, version?: string) {
    this.host = host;
    this.#egg = egg;
    this.version = version;
  }

  /** Checks in once, reports what was done since the last time, and does what it is told. Answers with the work it got. */
  async turn(http: HttpClient, does: Does): Promise<Work[]> {
    const eggs = this.version === undefined ? [] : [{ egg: this.#egg, version: this.version }];
    const reports = this.#reports;
    const { body, text } = await checkIn(http, this.host.token, { eggs, executions: reports });
    if (body.status !== 0) throw new Error(text);
    this.#reports = this.#reports.filter((report) => !reports.includes(report));
    const work = body.data.executions as Work[];
    for (const one of work) {
      this.given.push(one);
      const done = does(one);
      if (!done) continue;
      if (done.state === 'succeeded' && one.action === 'update') this.version = one.version?.version;
      this.#reports.push({ id: one.id, attempt: one.attempt, ...done });
    }
    return work;
  }
}

/** Has all hosts check in once. */
export async function round(http: HttpClient, agents: readonly Agent[], does: Does): Promise<Work[]> {
  return (await byCallers(LANES, agents, (agent) => agent.turn(http, does))).flat();
}

/** The data of an answer that has to be one. */
export async function post<T>(http: HttpClient, path: string, body: object): Promise<T> {
  const answer = await http.post<T>(path, body);
  if (answer.body.status !== 0) throw new Error(`${path}: ${answer.text}`);
  return answer.body.data;
}

export async function runOf(http: HttpClient, id: number): Promise<RunRecord> {
  const { body } = await http.get<RunRecord[]>(`/run/list?id=${id}`);
  const [run] = body.data;
  if (!run) throw new Error(`there is no run ${id}`);
  return run;
}

/** All executions of a run, page by page. */
export async function executionsOf(http: HttpClient, run: number, query = ''): Promise<ExecutionRecord[]> {
  const found: ExecutionRecord[] = [];
  for (let cursor = ''; ;) {
    const { body, text } = await http.get<ExecutionRecord[]>(
      `/execution/list?run_id=${run}&limit=40${query}${cursor}`,
    );
    if (body.status !== 0) throw new Error(text);
    found.push(...body.data);
    if (body.next_cursor === undefined) return found;
    cursor = `&cursor=${body.next_cursor}`;
  }
}

/** An egg with published versions, each with a file for one platform. */
export async function makeEgg(http: HttpClient, name: string, versions: readonly string[]) {
  const egg = await post<{ id: number }>(http, '/egg/add', { name, allow_unsigned: true });
  const ids = new Map<string, number>();
  for (const version of versions) {
    const file = await http.post<{ id: number }>(
      `/file/add?name=${name}-${version}`,
      `${name} ${version}`,
      BYTES,
    );
    const { id } = await post<{ id: number }>(http, '/version/add', {
      egg_id: egg.id,
      version,
      files: [{ platform: 'linux/amd64', file_id: file.body.data.id }],
      state: 'published',
    });
    ids.set(version, id);
  }
  return { id: egg.id, versions: ids };
}
