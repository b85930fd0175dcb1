// Checks before anything is started that the ports the system will listen on are free, and says whose they are when not.

import type { Config } from './config.ts';
import { listenError } from './free-port.ts';

interface WantedPort {
  variable: string;
  purpose: string;
  host: string;
  port: number;
}

const LOOPBACK = '127.0.0.1';

/** Returns a line for each port that cannot be listened on, or that two parts of the system would share. */
export async function portProblems(config: Config): Promise<string[]> {
  const problems: string[] = [];
  const seen = new Map<number, WantedPort>();
  for (const wanted of wantedPorts(config)) {
    const other = seen.get(wanted.port);
    seen.set(wanted.port, wanted);
    if (other !== undefined) {
      problems.push(
        `${wanted.variable} and ${other.variable} are both ${wanted.port}: each needs its own port`,
      );
      continue;
    }
    const code = await listenError(wanted.port, wanted.host);
    if (code !== undefined) problems.push(describe(wanted, code));
  }
  return problems;
}

function wantedPorts(config: Config): WantedPort[] {
  const on = (variable: string, purpose: string, port: number, host = LOOPBACK): WantedPort => ({
    variable,
    purpose,
    host,
    port,
  });
  return [
    on('EGG_HTTP_PORT', 'the HTTP API and the panel', config.httpPort, config.httpHost),
    on('EGG_BLOCKLISTS_PORT', 'gRPC of the blocklists', config.blocklistsPort),
    on('EGG_EGGS_PORT', 'gRPC of the eggs', config.eggsPort),
    on('EGG_TASKS_PORT', 'gRPC of the tasks', config.tasksPort),
    ...(config.natsUrl === undefined ? [on('EGG_NATS_PORT', 'the embedded NATS', config.natsPort)] : []),
    ...(config.mongodbUrl === undefined
      ? [on('EGG_MONGODB_PORT', 'the embedded MongoDB', config.mongodbPort)]
      : []),
  ];
}

function describe({ variable, purpose, host, port }: WantedPort, code: string): string {
  const what = `port ${port} on ${host} (${variable}, for ${purpose})`;
  if (code === 'EADDRINUSE') {
    return `${what} is taken: end what listens there, or set ${variable} to another port`;
  }
  if (code === 'EACCES') return `${what} may not be used by this user: set ${variable} to one above 1023`;
  if (host !== LOOPBACK)
    return `${what} cannot be listened on (${code}): is EGG_HTTP_HOST an address of this machine?`;
  return `${what} cannot be listened on (${code})`;
}
