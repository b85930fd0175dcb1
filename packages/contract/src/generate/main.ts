// `npm run generate`: writes what is derived from the protos and kept for the reader and the compiler. With `--check` it only says
// what differs, with status 1.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { loadContract } from '../load.ts';
import { openApi } from '../openapi.ts';
import { routesSnapshot } from '../routes-snapshot.ts';
import { typeFiles } from './types.ts';

const ROOT = resolve(import.meta.dirname, '../../../..');

const contract = loadContract();
const files = new Map<string, string>([
  ...[...typeFiles(contract)].map(
    ([name, text]) => [join(ROOT, 'packages/contract/src/gen', name), text] as const,
  ),
  [join(ROOT, 'openapi.json'), `${JSON.stringify(openApi(contract), null, 2)}\n`],
  [join(ROOT, 'gateway/test/routes.snapshot'), routesSnapshot(contract)],
]);

if (process.argv.includes('--check')) {
  const stale = [...files]
    .filter(([path, text]) => read(path) !== text)
    .map(([path]) => relative(ROOT, path));
  for (const path of stale) process.stderr.write(`${path} differs from the protos: npm run generate\n`);
  process.exitCode = stale.length > 0 ? 1 : 0;
} else {
  for (const [path, text] of files) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
