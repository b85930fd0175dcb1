// Hosts as the tests have them: tokens to enrol with, hosts that have enrolled, and what they send when they check in.

import { afterAll } from 'vitest';
import { type Database, openDatabase } from '@egg/store';
import { type Answer, type HttpClient, quiet, type Stack } from '@egg/testing';

export interface EnrolledHost {
  readonly id: number;
  readonly name: string;
  readonly token: string;
}

export interface CheckInAnswer {
  readonly counters: { readonly counter_for_domain: number; readonly counter_for_process: number };
  readonly logs: { readonly domain: string; readonly process: string };
  readonly executions: readonly object[];
  readonly next_check_in_seconds: number;
}

export interface HostRecord {
  readonly id: number;
  readonly revision: number;
  readonly name: string;
  readonly platform: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly enrolled_at?: string;
  readonly token_key?: string;
  readonly status?: 'online' | 'offline';
  readonly last_seen_at?: string;
  readonly eggs: readonly { readonly egg: string; readonly version: string; readonly since: string }[];
}

/** The stack's database, until the file's tests are over. */
export async function databaseOf({ mongo }: Stack): Promise<Database> {
  const database = await openDatabase({ url: mongo.url, name: mongo.database, log: quiet });
  afterAll(() => database.close());
  return database;
}

/** A token that enrols hosts, so often if that is said. */
export async function enrolmentToken(http: HttpClient, name: string, uses?: number): Promise<string> {
  const { body, text } = await http.post<{ secret: string }>('/token/add', { name, role: 'enroll', uses });
  if (body.status !== 0) throw new Error(text);
  return body.data.secret;
}

/** Enrols a host that is told so; throws where it is not. */
export async function enrol(
  http: HttpClient,
  token: string,
  name: string,
  fields: object = {},
): Promise<EnrolledHost> {
  const answer = await tryEnrol(http, token, name, fields);
  if (answer.body.status !== 0) throw new Error(answer.text);
  return { name, ...answer.body.data };
}

/** Asks for it, whatever the answer. */
export function tryEnrol(
  http: HttpClient,
  token: string,
  name: string,
  fields: object = {},
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer<{ id: number; token: string }>> {
  const body = { enrollment_token: token, name, platform: 'linux/amd64', ...fields };
  return http.post('/host/enroll', body, headers);
}

/** A host's check-in, whatever the answer. */
export function checkIn(
  http: HttpClient,
  token: string,
  body: object = {},
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer<CheckInAnswer>> {
  return http.post('/checkin', body, { authorization: `Bearer ${token}`, ...headers });
}

/** One host as a list shows it. */
export async function hostOf(http: HttpClient, id: number): Promise<HostRecord> {
  const { body } = await http.get<HostRecord[]>(`/host/list?id=${id}`);
  const [host] = body.data;
  if (!host) throw new Error(`there is no host ${id}`);
  return host;
}
