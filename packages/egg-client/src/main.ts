#!/usr/bin/env node
// The command: an egg that enforces nothing, keeps both lists, and does its work by a command of the operator's.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { arch, homedir, hostname, platform } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { enrol, openClient, readHost } from './client.ts';
import { download, isSigned } from './download.ts';
import type { Perform } from './work.ts';

const USAGE = `usage: egg-client enroll --server URL --token T [--name N] [--platform P] [--label K=V]…
       egg-client run [--exec COMMAND] [--egg NAME=VERSION]… [--key PUBLIC_KEY]…
       egg-client lists
       egg-client get --id N --sha256 HASH [--out FILE] [--signature S --key PUBLIC_KEY]
The host keeps what it knows in --dir D (~/.egg-client).`;
const one = { type: 'string' } as const;
const many = { type: 'string', multiple: true, default: [] as string[] } as const;
const ENROLL = { dir: one, server: one, token: one, name: one, platform: one, label: many };
const OTHERS = { exec: one, egg: many, key: many, id: one, sha256: one, out: one, signature: one };
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const at = (path: string): string => resolve(process.env['INIT_CWD'] ?? '.', path);
const pair = (text: string): [string, string] => [text.replace(/=.*/s, ''), text.replace(/^[^=]*=?/, '')];

/** The command sees the action in its environment, reads the payload, and ends with the status that is reported. */
function by(command?: string): Perform {
  return async ({ id, action, payload = {} }, signal, file = '') => {
    if (command === undefined) return { state: 'rejected', message: 'this host runs without --exec' };
    const env = { ...process.env, EGG_ACTION: action, EGG_EXECUTION: id, EGG_FILE: file };
    const child = spawn(command, { shell: true, env, signal, stdio: ['pipe', 'inherit', 'inherit'] });
    child.stdin.on('error', () => undefined).end(JSON.stringify(payload));
    const [code] = (await once(child, 'exit')) as [number | null];
    return { state: code === 0 ? 'succeeded' : 'failed', ...(code !== null && { exit_code: code }) };
  };
}

async function main(): Promise<void> {
  const { positionals, values } = parseArgs({ allowPositionals: true, options: { ...ENROLL, ...OTHERS } });
  const { server = '', token = process.env['EGG_ENROLLMENT_TOKEN'] ?? '', name = hostname(), exec } = values;
  const { id, sha256 = '', signature = '', key, out = sha256, egg, label } = values;
  const dir = at(values.dir ?? join(homedir(), '.egg-client'));
  if (positionals[0] === 'enroll') {
    const on = values.platform ?? `${platform()}/${arch() === 'x64' ? 'amd64' : arch()}`;
    const labels = Object.fromEntries(label.map(pair));
    const host = await enrol(dir, server, { enrollment_token: token, name, platform: on, labels });
    say(`host ${host} in ${dir}`);
  } else if (positionals[0] === 'run') {
    const eggs = egg.map(pair).map(([egg, version]) => ({ egg, version }));
    const options = { eggs: () => eggs, perform: by(exec), publicKeys: key, log: say };
    const stop = new AbortController();
    for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => stop.abort());
    await (await openClient(dir, options)).run(stop.signal);
  } else if (positionals[0] === 'lists') {
    const { domains, processes } = await openClient(dir);
    const entries = [...domains.entries.values(), ...processes.entries.values()];
    for (const entry of entries) say(JSON.stringify(entry));
  } else if (positionals[0] === 'get') {
    if (key.length > 0 && !isSigned(sha256, signature, key)) throw new Error('no key made the signature');
    await download(await readHost(dir), { id: Number(id), sha256 }, at(out));
  } else throw new Error(USAGE);
}

await main().catch((error: Error) => {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
});
