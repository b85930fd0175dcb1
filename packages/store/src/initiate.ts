// Makes the MongoDB of EGG_MONGODB_URL a replica set of itself, for where it is a container: `node initiate.ts NAME/HOST:PORT`.
// Ends with status 0 when it can be written to.

import { initiateReplicaSet } from './replica-set.ts';

const PATIENCE_MS = 120_000;

const { EGG_MONGODB_URL: url } = process.env;
const [name, member] = (process.argv[2] ?? '').split('/');
if (!url || !name || !member) {
  process.stderr.write('usage: EGG_MONGODB_URL=… node initiate.ts NAME/HOST:PORT\n');
  process.exitCode = 2;
} else {
  try {
    await initiateReplicaSet({ url, name, member, signal: AbortSignal.timeout(PATIENCE_MS) });
    process.stdout.write(`the replica set ${name} can be written to\n`);
  } catch (error) {
    const { message, cause } = error as Error;
    process.stderr.write(`${message}${cause instanceof Error ? `: ${cause.message}` : ''}\n`);
    process.exitCode = 1;
  }
}
