// `npm run token -- --role admin [--name NAME] [--expires 30d] [--uses N]`: makes a token on the machine, beside a running system, also when
// no token is valid any more. The secret goes to stdout, alone; all else to stderr. Needs the database only.

import { randomBytes, randomUUID } from 'node:crypto';
import { parseArgs } from 'node:util';
import { loadContract } from '@egg/contract';
import type { AddTokenRequest } from '@egg/contract/types/eggs';
import { invalidField, invalidFields, RpcError } from '@egg/rpc/errors';
import { ConfigError, readConfig, serviceAccess } from '@egg/service';
import { openDatabase } from '@egg/store';
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

/** The database of the system on this machine: the embedded one, unless another is named. */
function databaseUrl(): string {
  const { EGG_MONGODB_URL: url, EGG_MONGODB_PORT: port } = process.env;
  if (!url && port) process.env['EGG_MONGODB_URL'] = `mongodb://127.0.0.1:${port}/?directConnection=true`;
  return readConfig().mongodb.url;
}

async function main(): Promise<void> {
  const request = readRequest();
  const url = databaseUrl();
  const signal = AbortSignal.timeout(CONNECT_MS);
  const name = readConfig().mongodb.database;
  const database = await openDatabase({ url, name, log, signal }).catch(() => {
    throw new Error(
      `no database answers at ${new URL(url).host}: is the system running? EGG_MONGODB_PORT or EGG_MONGODB_URL say where it is`,
    );
  });
  const access = serviceAccess(database, { log });
  const { table } = await tokens(contract, new KnownTokens()).open({ database, log });
  const origin = { actor: 'npm run token', from: '127.0.0.1', requestId: randomUUID() };
  const { token, secret } = await addToken(request, {
    table,
    access,
    origin,
    deadline: Date.now() + COMMIT_MS,
  });
  process.stdout.write(`${secret}\n`);
  say(`token ${token.name}, role ${token.role}, expires ${token.expires_at?.toISOString() ?? 'never'}`);
  access.stop();
  await table.close();
  await database.close();
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
