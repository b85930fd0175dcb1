// The other side of the gateway in a test: a Channel whose answers the test gives, method by method.

import { type Contract, loadContract, type MethodContract } from '@egg/contract';
import { type CallOptions, type Channel, RpcError } from '@egg/rpc';

export const contract: Contract = loadContract();

/** A call as the service would see it. */
interface FakeCall {
  readonly method: MethodContract;
  readonly request: Readonly<Record<string, unknown>>;
  readonly options: CallOptions;
  /** What comes after `request`, where the requests are a stream. */
  readonly more?: AsyncIterable<Readonly<Record<string, unknown>>>;
}

type Answer = (call: FakeCall) => object | Promise<object> | AsyncIterable<object>;

export interface FakeChannel extends Channel {
  /** All calls so far, the newest last. */
  readonly calls: FakeCall[];
  isHealthy: boolean;
  /** Answers of methods by path, such as `/egg.blocklists.v1.DomainBlockService/Add`. */
  on(path: string, answer: Answer): void;
}

/** A channel that answers UNIMPLEMENTED until the test says otherwise. */
export function fakeChannel(): FakeChannel {
  const answers = new Map<string, Answer>();
  const calls: FakeCall[] = [];

  function serve(method: MethodContract, bytes: Uint8Array, options: CallOptions): ReturnType<Answer> {
    const call = { method, request: method.request.decodeRequest(bytes) as FakeCall['request'], options };
    calls.push(call);
    const answer = answers.get(method.path);
    if (!answer) throw new RpcError('UNIMPLEMENTED', `${method.path} is not served`);
    return answer(call);
  }

  return {
    calls,
    isHealthy: true,
    on: (path, answer) => void answers.set(path, answer),
    unary: async (method, request, options = {}) =>
      method.reply.encode((await serve(method, request, options)) as object),
    async *serverStream(method, request, options = {}) {
      for await (const reply of serve(method, request, options) as AsyncIterable<object>) {
        if (options.signal?.aborted) throw new RpcError('CANCELLED', 'the caller is gone');
        yield method.reply.encode(reply);
      }
    },
    async *duplex(method, requests, options = {}) {
      const iterator = requests[Symbol.asyncIterator]();
      const next = async () => {
        const { value, done } = await iterator.next();
        return done === true ? undefined : (method.request.decodeRequest(value) as FakeCall['request']);
      };
      async function* more() {
        for (let one = await next(); one; one = await next()) yield one;
      }
      const answer = answers.get(method.path);
      if (!answer) throw new RpcError('UNIMPLEMENTED', `${method.path} is not served`);
      const call = { method, request: (await next()) ?? {}, options, more: more() };
      calls.push(call);
      try {
        for await (const reply of answer(call) as AsyncIterable<object>) yield method.reply.encode(reply);
      } finally {
        await iterator.return?.();
      }
    },
    clientStream: () => Promise.reject(new RpcError('UNIMPLEMENTED', 'no route sends a stream')),
    healthy() {
      return Promise.resolve(this.isHealthy);
    },
    close: () => {},
  };
}

const AT = new Date('2026-01-31T12:00:00.123Z');

/** A record as a service would answer it. */
export function domainBlock(id: number, more: object = {}): object {
  return {
    id,
    revision: id,
    domain: `name-${id}.example`,
    match: 'subdomains',
    action: 'block',
    comment: '',
    sources: ['manual'],
    enabled: true,
    created_at: AT,
    updated_at: AT,
    ...more,
  };
}
