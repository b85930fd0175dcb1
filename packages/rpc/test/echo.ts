// The tests' own service, a server for it on a free port, and ways to call it.

import { setTimeout as sleep } from 'node:timers/promises';
import { loadContract, type MethodContract } from '@egg/contract';
import {
  type CallContext,
  type Channel,
  type CodeName,
  type CallOptions,
  type Handlers,
  invalidFields,
  type Log,
  RpcError,
  type RpcServer,
  type RpcServerOptions,
  startServer,
} from '../src/index.ts';

export const contract = loadContract({ dirs: [import.meta.dirname], files: ['echo.proto'] });
export const SERVICE = 'egg.test.v1.EchoService';

export interface Echo {
  text: string;
  n?: number;
}

export const silent: Log = { debug() {}, info() {}, warn() {}, error() {} };

export function method(name: string): MethodContract {
  const found = contract.service(SERVICE).methods.find((candidate) => candidate.name === name);
  if (!found) throw new Error(`no method ${name}`);
  return found;
}

/** What the service saw. */
export class Seen {
  readonly contexts: CallContext[] = [];
  readonly aborted: unknown[] = [];
  /** How often each text was handled. */
  readonly times = new Map<string, number>();
  streamed = 0;
  streamEnded = 0;
  readonly sums: (number | string)[] = [];
  readonly #remember: boolean;

  constructor({ remember = true } = {}) {
    this.#remember = remember;
  }

  handlers(): Handlers {
    return {
      Read: (request: Echo, context: CallContext) => this.#echo(request, context),
      Write: (request: Echo, context: CallContext) => this.#echo(request, context),
      Count: (request: Echo, context: CallContext) => this.#count(request, context),
      Sum: async (requests: AsyncIterable<Echo>) => {
        let sum = 0;
        try {
          for await (const { n = 0 } of requests) sum += n;
        } catch (thrown) {
          this.sums.push((thrown as RpcError).code);
          throw thrown;
        }
        this.sums.push(sum);
        return { text: 'sum', n: sum };
      },
      Chat: (requests: AsyncIterable<Echo>) => this.#chat(requests),
    };
  }

  /** Answers each message; `enough` ends it early. */
  async *#chat(requests: AsyncIterable<Echo>): AsyncGenerator<Echo> {
    try {
      for await (const { text, n = 0 } of requests) {
        this.streamed++;
        if (text === 'break') throw new RpcError('NOT_FOUND', 'told to break');
        yield { text, n };
        if (text === 'enough') return;
      }
    } catch (thrown) {
      this.sums.push((thrown as RpcError).code);
      throw thrown;
    }
  }

  async #echo({ text, n }: Echo, context: CallContext): Promise<Echo> {
    if (this.#remember) {
      this.contexts.push(context);
      this.times.set(text, (this.times.get(text) ?? 0) + 1);
    }
    const [verb, word] = text.split(' ');
    if (verb === 'fail') throw new RpcError(word as CodeName, `told to fail with ${word}`);
    if (verb === 'say') throw new RpcError('NOT_FOUND', text.slice(4));
    if (verb === 'fault') {
      throw invalidFields(
        Array.from({ length: Number(word) }, (_, i) => ({ field: `f[${i}]`, reason: 'is bad 🥚' })),
      );
    }
    if (verb === 'throw') throw new Error('secret: /etc/passwd');
    if (verb === 'sleep') {
      context.signal.addEventListener('abort', () => this.aborted.push(context.signal.reason));
      await sleep(Number(word), undefined, { signal: context.signal });
    }
    return { text, n: n ?? 0 };
  }

  async *#count({ text, n = 1 }: Echo, context: CallContext): AsyncGenerator<Echo> {
    this.contexts.push(context);
    try {
      for (let i = 1; i <= n; i++) {
        this.streamed = i;
        if (text === 'slow') await sleep(20);
        if (text === 'break' && i === 3) throw new RpcError('NOT_FOUND', 'no third');
        yield { text, n: i };
      }
    } finally {
      this.streamEnded++;
    }
  }
}

export async function serve(seen: Seen, options: Partial<RpcServerOptions> = {}): Promise<RpcServer> {
  return startServer({
    host: '127.0.0.1',
    port: 0,
    contract,
    services: { [SERVICE]: seen.handlers() },
    authorize: () => ({ name: 'test', role: 'admin' }),
    log: silent,
    ...options,
  });
}

export async function call(
  channel: Channel,
  name: string,
  request: object,
  options?: CallOptions,
): Promise<Echo> {
  const target = method(name);
  return target.reply.decodeReply(
    await channel.unary(target, target.request.encode(request), options),
  ) as Echo;
}

/** The error of a call that has to fail. */
export async function failure(work: Promise<unknown>): Promise<RpcError> {
  try {
    await work;
  } catch (thrown) {
    if (thrown instanceof RpcError) return thrown;
    throw new Error('no RpcError', { cause: thrown });
  }
  throw new Error('it did not fail');
}

/** Waits until something holds; fails after 5 s. */
export async function until(holds: () => boolean): Promise<void> {
  for (let i = 0; i < 500; i++) {
    if (holds()) return;
    await sleep(10);
  }
  throw new Error('it never came to be');
}
