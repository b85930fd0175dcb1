// The open mode: until there is an admin token, whoever reaches the gateway may do all. So only programs and pages of this machine
// may reach it: not a page from elsewhere, not a name that somebody points at 127.0.0.1, not what came through a proxy.

import type { IncomingMessage } from 'node:http';
import { RpcError } from '@egg/rpc';

const LOOPBACK = /^(?:localhost|(?:[a-z0-9_-]+\.)+localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/i;
const OWN_FETCH = new Set(['same-origin', 'none']);
const HINT = 'Without EGG_ADMIN_TOKEN the gateway answers';

/** Throws PERMISSION_DENIED for a request that the open mode does not take. */
export function checkOpenMode(request: IncomingMessage): void {
  const { headers } = request;
  const host = headers.host ?? '';
  if (!LOOPBACK.test(host) || !isOwnTarget(request.url ?? '', host)) {
    refuse('requests to a loopback name only, such as 127.0.0.1 or localhost');
  }
  const { origin } = headers;
  if (origin !== undefined && !isOwnOrigin(origin, host)) refuse('no pages of another origin');
  const site = headers['sec-fetch-site'];
  if (site !== undefined && !OWN_FETCH.has(site)) refuse('no pages of another site');
  for (const name in headers) {
    if (name === 'forwarded' || name.startsWith('x-forwarded-')) refuse('no requests through a proxy');
  }
}

/** In `GET http://name/path` the target's name counts, not the Host header's (RFC 9112, 3.2.2). */
function isOwnTarget(target: string, host: string): boolean {
  return target.startsWith('/') || parse(target)?.host === parse(`http://${host}`)?.host;
}

function isOwnOrigin(origin: string, host: string): boolean {
  const url = parse(origin);
  if (!url || !/^https?:$/.test(url.protocol) || url.origin !== origin) return false;
  return LOOPBACK.test(url.host) && url.host === parse(`${url.protocol}//${host}`)?.host;
}

function parse(text: string): URL | undefined {
  return URL.parse(text) ?? undefined;
}

function refuse(what: string): never {
  throw new RpcError('PERMISSION_DENIED', `${HINT} ${what}`);
}
