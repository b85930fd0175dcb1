// Starts an embedded server by itself, for whoever wants one without the supervisor: a test, above all.

import type { Exit } from './child.ts';
import type { Log } from './log.ts';
import { type ProcessSpec, startProcess } from './process-spec.ts';

export interface ServerOptions {
  /** What `obtainMongo` or `obtainNats` gave. */
  binary: string;
  /** Where its data are; made when missing. A server started over it again has what the one before had. */
  dir: string;
  port: number;
  log: Log;
}

export interface RunningServer {
  url: string;
  pid: number;
  /** Ends it with SIGTERM, after ten seconds with SIGKILL; resolves when it has ended. */
  stop(): Promise<void>;
  /** Resolves when it has ended, for whatever reason. */
  exited: Promise<Exit>;
}

/** Starts the process and resolves when it serves. Throws with its last lines when it ends before that. */
export async function startServer(spec: ProcessSpec, url: string, log: Log): Promise<RunningServer> {
  const { child, ready } = await startProcess(spec, (line) => log(`${spec.name}: ${line}`));
  try {
    await ready;
  } catch (error) {
    await child.stop();
    throw error;
  }
  return {
    url,
    pid: child.pid,
    exited: child.exited,
    stop: async () => {
      await child.stop();
    },
  };
}
