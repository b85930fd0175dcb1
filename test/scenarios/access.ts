// Tokens as the tests have them, and every way into the system that asks for one.

import type { Contract, MethodContract } from '@egg/contract';
import { type Channel, RpcError } from '@egg/rpc';
import type { Answer, HttpClient } from '@egg/testing';

export interface TokenRecord {
  readonly id: number;
  readonly revision: number;
  readonly name: string;
  readonly role: string;
  readonly key: string;
  readonly expires_at?: string;
  readonly uses?: number;
  readonly uses_left?: number;
  readonly secret?: string;
}

export interface MadeToken extends TokenRecord {
  readonly secret: string;
}

/** The header of a token. */
export function bearer(secret: string): { authorization: string } {
  return { authorization: `Bearer ${secret}` };
}

/** Adds a token; throws where it is not. `as` is the secret of an admin, absent in the open mode. */
export async function addToken(http: HttpClient, token: object, as?: string): Promise<MadeToken> {
  const answer = await http.post<MadeToken>('/token/add', token, as === undefined ? {} : bearer(as));
  if (answer.httpStatus !== 200) throw new Error(answer.text);
  return answer.body.data;
}

/** One way in. */
export interface Route {
  readonly verb: 'GET' | 'POST';
  readonly path: string;
  readonly roles: readonly string[];
}

/** Every route that is not for everybody: all of the contract, and those that no proto has. */
export function routesOf(contract: Contract): Route[] {
  const described = contract.services.flatMap(({ methods }) =>
    methods.flatMap(({ http, roles }) => (http ? [{ ...http, roles }] : [])),
  );
  const others = ['/metrics', '/openapi.json', '/docs', '/docs/json'].map((path) => ({
    verb: 'GET' as const,
    path,
    roles: ['viewer'],
  }));
  return [...described, ...others].filter(({ roles }) => !roles.includes('open'));
}

/** Asks a route with nothing but a token: who may not is refused before anything else is looked at. */
export function knock(http: HttpClient, { verb, path }: Route, secret?: string): Promise<Answer<unknown>> {
  const headers = secret === undefined ? {} : bearer(secret);
  return verb === 'GET' ? http.get(path, headers) : http.post(path, '{"not json', headers);
}

/** How a service refuses a call of gRPC; `OK` where it does not. */
export async function refusal(channel: Channel, method: MethodContract, secret?: string): Promise<string> {
  const options = {
    deadline: Date.now() + 10_000,
    ...(secret !== undefined && { metadata: bearer(secret) }),
  };
  const empty = new Uint8Array();
  const one = (async function* () {
    yield await Promise.resolve(empty);
  })();
  try {
    if (method.requestStream && method.replyStream) await drain(channel.duplex(method, one, options));
    else if (method.requestStream) await channel.clientStream(method, one, options);
    else if (method.replyStream) await drain(channel.serverStream(method, empty, options));
    else await channel.unary(method, empty, options);
  } catch (error) {
    if (error instanceof RpcError) return error.code;
    throw error;
  }
  return 'OK';
}

async function drain(replies: AsyncIterable<unknown>): Promise<void> {
  for await (const reply of replies) void reply;
}
