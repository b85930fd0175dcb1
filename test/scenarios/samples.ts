// For every table that can be added to: requests that its rules take, as many different ones as a test wants.

import type { HttpClient, Row } from '@egg/testing';

/** What a table's requests point at. */
export interface Ground {
  readonly egg: number;
  readonly files: readonly [number, number];
  readonly version: number;
  readonly task: number;
  readonly strategy: number;
}

export interface Sample {
  /** The body of the n-th add. */
  add(n: number, ground: Ground): object;
  /** The fields of an update, each time others; absent where the table has none. */
  readonly change?: (n: number, ground: Ground) => object;
  /** What answers have beside the record that is committed. */
  readonly beside?: readonly string[];
}

/** By the table's name. */
export const SAMPLES: Readonly<Record<string, Sample>> = {
  domain_block: { add: (n) => ({ domain: `d${n}.example.org` }), change: (n) => ({ comment: `c${n}` }) },
  process_block: {
    add: (n) => ({ process: `p${n}.exe`, signature: '*' }),
    change: (n) => ({ comment: `c${n}` }),
  },
  subscription: {
    add: (n) => ({ name: `s${n}`, url: `https://lists.invalid/${n}`, enabled: false }),
    change: (n) => ({ refresh_seconds: 3600 + n }),
  },
  eggs: { add: (n) => ({ name: `egg-${n}` }), change: (n) => ({ description: `d${n}` }) },
  egg_versions: {
    add: (n, { egg, files }) => ({
      egg_id: egg,
      version: `1.0.${n}`,
      files: [{ platform: 'linux/amd64', file_id: files[n % 2] }],
    }),
    change: (n, { files }) => ({ notes: `n${n}`, files: [{ platform: 'any', file_id: files[n % 2] }] }),
  },
  files: { add: (n) => ({ name: `f${n}`, content: `content ${n % 7}` }), change: (n) => ({ name: `g${n}` }) },
  named_file: {
    add: (n, { files }) => ({ name: `names/${n}`, file_id: files[n % 2] }),
    change: (n, { files }) => ({ name: `other/${n}`, file_id: files[n % 2] }),
  },
  hosts: {
    add: (n) => ({ name: `host-${n}`, platform: 'linux/amd64', labels: { n: String(n) } }),
    change: (n) => ({ address: `10.0.0.${n}`, labels: { m: String(n) } }),
    beside: ['eggs'],
  },
  tokens: { add: (n) => ({ name: `token-${n}`, role: 'viewer' }) },
  egg_tasks: {
    add: (n, { egg, files, version }) => ({
      name: `task-${n}`,
      egg_id: egg,
      action: 'check',
      payload: { n, deep: [null, true, { text: 'ä' }] },
      ...(n % 2 === 0 ? { file_id: files[0] } : { version_id: version }),
    }),
    change: (n) => ({ payload: { n, changed: true } }),
  },
  task_strategies: {
    add: (n) => ({ name: `strategy-${n}`, target: { labels: { env: ['prod', String(n)] } } }),
    change: (n) => ({ timeout_seconds: 60 + n, waves: [{ percent: 10 }, { percent: 100 }] }),
  },
  schedules: {
    add: (n, { task, strategy }) => ({
      name: `schedule-${n}`,
      task_id: task,
      strategy_id: strategy,
      cron: `${n % 60} 3 1 1 *`,
      enabled: false,
    }),
    change: (n) => ({ jitter_seconds: 1 + n }),
  },
};

/** Adds one record of a table; of a file the content as it is. */
export function add<R extends Row = Row>(
  http: HttpClient,
  path: string,
  body: object,
  headers: Readonly<Record<string, string>> = {},
) {
  if (path !== 'file') return http.post<R>(`/${path}/add`, body, headers);
  const { name, content } = body as { name: string; content: string };
  const raw = { 'content-type': 'application/octet-stream', ...headers };
  return http.post<R>(`/file/add?name=${encodeURIComponent(name)}`, content, raw);
}

/** Adds what the samples point at. */
export async function layGround(http: HttpClient): Promise<Ground> {
  const id = async (path: string, body: object): Promise<number> => {
    const { body: answer } = await add(http, path, body);
    if (answer.status !== 0) throw new Error(`${path}: ${JSON.stringify(answer)}`);
    return answer.data.id;
  };
  const egg = await id('egg', { name: 'ground', allow_unsigned: true });
  const files = [
    await id('file', { name: 'one', content: 'one' }),
    await id('file', { name: 'two', content: 'two' }),
  ] as const;
  const version = await id('version', {
    egg_id: egg,
    version: '0.1.0',
    files: [{ platform: 'linux/amd64', file_id: files[0] }],
    state: 'published',
  });
  const task = await id('task', { name: 'ground', egg_id: egg, action: 'check' });
  const strategy = await id('strategy', { name: 'ground', target: {} });
  return { egg, files, version, task, strategy };
}
