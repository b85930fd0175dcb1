// Hosts that check in and an operator who starts runs, over keep-alive connections of HTTP/1.1, from a process of their own.

import { readFileSync } from 'node:fs';
import { closedLoop } from '../closed-loop.ts';
import type { Round } from '../model.ts';
import { HttpConnection } from './http-connection.ts';
import { serveRounds, settings } from './protocol.ts';

const { httpPort, secretsFile, eggs } = settings<{ httpPort: number; secretsFile: string; eggs: object }>();
const secrets = JSON.parse(readFileSync(secretsFile, 'utf8')) as string[];
const report = JSON.stringify({ eggs });
const idle: HttpConnection[] = [];
let calls = 0;

async function post(path: string, json: string, headers = ''): Promise<string> {
  const connection = idle.pop() ?? (await HttpConnection.open(httpPort));
  const answer = await connection.post(path, json, headers);
  idle.push(connection);
  return answer;
}

/** The hosts in turn; each check-in is one of its own, however soon the host comes again. */
async function checkIn(): Promise<void> {
  const call = ++calls;
  const headers = `authorization: Bearer ${secrets[call % secrets.length]}\r\nidempotency-key: bench-${call}\r\n`;
  await post('/checkin', report, headers);
}

async function add(path: string, fields: object): Promise<number> {
  return (JSON.parse(await post(path, JSON.stringify(fields))) as { data: { id: number } }).data.id;
}

let start: Promise<string> | undefined;

/** What starts a run over all hosts. */
async function prepareStart(): Promise<string> {
  const egg_id = await add('/egg/add', { name: 'agent', allow_unsigned: true });
  const task_id = await add('/task/add', { name: 'bench', egg_id, action: 'say' });
  const strategy_id = await add('/strategy/add', { name: 'bench', target: {} });
  return JSON.stringify({ task_id, strategy_id });
}

/** Starts runs one after another. Each is cancelled before the next, and only the start counts. */
async function startRuns(ms: number): Promise<Round> {
  const body = await (start ??= prepareStart());
  let ops = 0;
  let startingMs = 0;
  for (const endMs = performance.now() + ms; performance.now() < endMs; ops++) {
    const startedMs = performance.now();
    const id = JSON.parse(await post('/task/run', body)) as { data: { id: number } };
    startingMs += performance.now() - startedMs;
    await post('/run/cancel', JSON.stringify({ id: id.data.id }));
  }
  return { ops, seconds: startingMs / 1000 };
}

serveRounds({
  checkIn: (callers, ms) => closedLoop(callers, ms, checkIn),
  startRuns: (_callers, ms) => startRuns(ms),
});
