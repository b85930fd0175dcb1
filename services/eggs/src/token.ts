// `npm run token -- --role admin [--name NAME] [--expires 30d] [--uses N]`: makes a token on the machine, beside a running system, also when
// no token is valid any more. The secret goes to stdout, alone; all else to stderr. Needs the database only.

import { randomBytes, randomUUID } from 'node:crypto';
import { parseArgs } from 'node:util';
import { loadContract } from '@egg/contract';
import type { AddTokenRequest } from '@egg/contract/types/eggs';
import { invalidField, invalidFields, RpcError } from '@egg/rpc/errors';
import { ConfigError, parseConfig, serviceAccess } from '@egg/service';
import { readVariables, whole } from '@egg/service/variables';
import { type Database, openDatabase } from '@egg/store';
import { readExpiry } from './domain/token.ts';
import { tokens } from './tables.ts';
import { addToken } from './tokens/add-token.ts';
import { KnownTokens } from './tokens/known-tokens.ts';

const contract = loadContract();
const CONNECT_MS = 5000;
const COMMIT_MS = 10_000;
const USAGE =
  'usage: npm run token -- --role viewer|operator|admin|enroll [--name NAME] [--expires 30d|TIME] [--uses N]';

const say = (line: string): void => void process.stderr.write(`${line}\n`);
const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** What the arguments ask for. Throws RpcError, or what `parseArgs` throws. */
function readRequest(): AddTokenRequest {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({ options: { role: text, name: text, expires: text, uses: text } });
  const { role, expires, uses } = values;
  if (role === undefined) throw invalidField('role', 'is required');
  const now = new Date();
  const expiry = expires === undefined ? undefined : readExpiry(expires, now);
  if (expires !== undefined && !expiry)
    throw invalidField('expires', 'has to be like 90m, 12h, 30d or 4w, or an RFC 3339 time');
  const name = values.name ?? `${role}-${now.toISOString().slice(0, 10)}-${randomBytes(2).toString('hex')}`;
  const message = contract.message('egg.eggs.v1.AddTokenRequest');
  const wanted = message.coerce({ name, role, ...(uses !== undefined && { uses }) }, 'text');
  const violations = message.validate(wanted);
  if (violations.length > 0) throw invalidFields(violations);
  return { ...(wanted as AddTokenRequest), ...(expiry && { expires_at: expiry }) };
}

/** The system on this machine: over its embedded database, unless another is named. Throws ConfigError. */
function readSystem(): { url: string; name: string; hosts: string } {
  const port = readVariables({ EGG_MONGODB_PORT: whole(1, 65_535, 27_017) }, process.env)['EGG_MONGODB_PORT'];
  const embedded = `mongodb://127.0.0.1:${String(port)}/?directConnection=true`;
  const { EGG_MONGODB_URL: own } = process.env;
  const { url, database } = parseConfig({ ...process.env, EGG_MONGODB_URL: own || embedded }).mongodb;
  // Without a user and password.
  const hosts = /^[^:]+:\/\/(?:[^@/]*@)?([^/?]+)/.exec(url)?.[1] ?? 'its address';
  return { url, name: database, hosts };
}

async function main(): Promise<void> {
  const request = readRequest();
  const { url, name, hosts } = readSystem();
  const signal = AbortSignal.timeout(CONNECT_MS);
  const database = await openDatabase({ url, name, log, signal }).catch(() => {
    throw new Error(
      `no database answers at ${hosts}: is the system running? EGG_MONGODB_PORT or EGG_MONGODB_URL say where it is`,
    );
  });
  try {
    await makeToken(database, request);
  } finally {
    await database.close();
  }
}

/** As one more replica of the table, which a running service learns of by the log. */
async function makeToken(database: Database, request: AddTokenRequest): Promise<void> {
  const access = serviceAccess(database, { log });
  const { table } = await tokens(contract, new KnownTokens()).open({ database, log });
  const origin = { actor: 'npm run token', from: '127.0.0.1', requestId: randomUUID() };
  try {
    const deadline = Date.now() + COMMIT_MS;
    const { token, secret } = await addToken(request, { table, access, origin, deadline });
    process.stdout.write(`${secret}\n`);
    say(`token ${token.name}, role ${token.role}, expires ${token.expires_at?.toISOString() ?? 'never'}`);
  } finally {
    access.stop();
    await table.close();
  }
}

try {
  await main();
} catch (error) {
  const isUsage =
    error instanceof TypeError || (error instanceof RpcError && error.code === 'INVALID_ARGUMENT');
  say(error instanceof ConfigError ? error.problems.join('\n') : (error as Error).message);
  if (isUsage) say(USAGE);
  process.exitCode = 1;
}
