// Hosts for the tests: directories that have enrolled, and the command as a process of its own.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import type { HttpClient } from '@egg/testing';
import { enrol, openClient } from '../src/client.ts';

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));

export interface Command {
  readonly process: ChildProcess;
  /** What it has written so far. */
  readonly output: () => string;
  /** The status, or the signal, that it ended by. */
  readonly ended: Promise<number | string>;
}

/** A directory that is gone when the test is over. */
export async function temporaryDirectory(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'egg-client-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

/** Runs the command. It is killed when the test is over. */
export function command(...args: string[]): Command {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (piece) => (text += String(piece)));
  const ended = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | string);
  return { process: child, output: () => text, ended };
}

/** The secret of a token that enrols hosts. */
export async function enrolmentToken(http: HttpClient, name: string): Promise<string> {
  const { body, text } = await http.post<{ secret: string }>('/token/add', { name, role: 'enroll' });
  if (body.status !== 0) throw new Error(text);
  return body.data.secret;
}

/** A directory whose host has enrolled. `server` is where the host finds it. */
export async function enrolledDirectory(token: string, name: string, server: string): Promise<string> {
  const dir = await temporaryDirectory();
  await enrol(dir, server, { enrollment_token: token, name, platform: 'linux/amd64' });
  return dir;
}

type Client = Awaited<ReturnType<typeof openClient>>;

export interface RunningClient {
  readonly client: Client;
  readonly lines: readonly string[];
  /** Stops it and waits for its end. */
  stop(): Promise<void>;
}

/** Runs a client in this process until it is stopped, or the test is over. */
export async function runClient(
  dir: string,
  options: Parameters<typeof openClient>[1] = {},
): Promise<RunningClient> {
  const lines: string[] = [];
  const client = await openClient(dir, { ...options, log: (line) => lines.push(line) });
  const controller = new AbortController();
  const run = client.run(controller.signal);
  const stop = async (): Promise<void> => {
    controller.abort();
    await run;
  };
  onTestFinished(stop);
  return { client, lines, stop };
}
