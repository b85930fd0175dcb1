// One request of a fetch, to an address that was looked at: names are resolved here, and the connection goes to the very addresses
// that were checked, so that a name which answers otherwise the next time it is asked (DNS rebinding) gets nowhere. No proxy of the
// environment is used, because it would resolve the name itself.

import type { LookupAddress } from 'node:dns';
import { lookup } from 'node:dns/promises';
import type { IncomingMessage } from 'node:http';
import type { LookupFunction, Socket } from 'node:net';
import type { RefuseAddress } from './addresses.ts';
import { FetchFailure } from './failure.ts';
import type { FetchLimits, Watch } from './time-limits.ts';

/** All addresses of a name. Throws where it has none. */
export type Resolve = (name: string) => Promise<readonly LookupAddress[]>;

/** How requests reach the outside. */
export interface Ways {
  readonly refuse: RefuseAddress;
  readonly resolve: Resolve;
}

/** As the system resolves names, its hosts file included. */
export const resolveBySystem: Resolve = (name) => lookup(name, { all: true });

/**
 * Sends a GET and answers when the head of the answer is there. The caller reads or destroys it. Throws FetchFailure, an error of
 * Node, or the reason of the watch's signal.
 */
export async function openHop(
  url: URL,
  headers: Readonly<Record<string, string>>,
  { ways, limits, watch }: { ways: Ways; limits: FetchLimits; watch: Watch },
): Promise<IncomingMessage> {
  const isSecure = url.protocol === 'https:';
  // Not at the top, where it would load all of `fetch` into every start.
  const { Agent, request: send } = await (isSecure ? import('node:https') : import('node:http'));
  watch.signal.throwIfAborted();
  watch.phase(limits.connectMs, 'the host did not answer the connection in time');
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  // An agent of its own for each hop: no connection is used again, and none is shared with what else this process asks.
  const request = send(url, {
    agent: new Agent(),
    headers,
    lookup: checkedLookup(ways),
  });
  const stop = (): void => void request.destroy(watch.signal.reason as Error);
  watch.signal.addEventListener('abort', stop, { once: true });
  request.once('close', () => watch.signal.removeEventListener('abort', stop));
  request.once('socket', (socket: Socket) => {
    socket.once('connect', () => {
      // A host that is written as an address is never looked up.
      const address = socket.remoteAddress ?? '';
      const refused = ways.refuse(address);
      if (refused !== undefined) request.destroy(refusedAddress(url.hostname, address, refused));
    });
    socket.once(isSecure ? 'secureConnect' : 'connect', () =>
      watch.phase(limits.headersMs, 'the host did not begin its answer in time'),
    );
  });
  request.once('response', resolve);
  request.on('error', (error) => reject(watch.signal.aborted ? (watch.signal.reason as Error) : error));
  request.end();
  return promise;
}

/** Gives the connection those addresses of a name that are not refused. */
function checkedLookup({ refuse, resolve }: Ways): LookupFunction {
  return (name, options, done) => {
    resolve(name).then(
      (all) => {
        const taken = all.filter(({ address }) => refuse(address) === undefined);
        const [first] = taken;
        if (first === undefined) {
          const [{ address } = { address: '' }] = all;
          done(refusedAddress(name, address, refuse(address) ?? 'is no address'), '');
        } else if (options.all === true) done(null, taken);
        else done(null, first.address, first.family);
      },
      (error: unknown) => done(error as NodeJS.ErrnoException, ''),
    );
  };
}

function refusedAddress(host: string, address: string, reason: string): FetchFailure {
  return new FetchFailure(`${host} has the address ${address}, which ${reason}`);
}
