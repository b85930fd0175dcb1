// Answers that never change, such as the changes between two revisions: how they are named for HTTP caches.

import type { MethodContract } from '@egg/contract';

const FOR_EVER = 'private, max-age=31536000, immutable';

/** The headers of an answer that never changes. */
export interface ImmutableHeaders {
  readonly etag: string;
  readonly 'cache-control': string;
}

/**
 * The headers for an answer, or undefined if it may be another one next time. The tag is the history that the reply names (`log`,
 * for after a restore the same revisions are others) and then what was asked, in the proto's order; a flag by its name.
 */
export function immutableHeaders(
  method: MethodContract,
  request: Readonly<Record<string, unknown>>,
  data: Readonly<Record<string, unknown>>,
): ImmutableHeaders | undefined {
  if (method.immutableWith === undefined || request[method.immutableWith] === undefined) return undefined;
  const asked = method.request.fields.flatMap(({ name }) => {
    const value = request[name];
    if (name === 'log' || value === undefined || value === false) return [];
    return value === true
      ? name
      : encodeURIComponent(typeof value === 'string' ? value : JSON.stringify(value));
  });
  return { etag: `"${[String(data['log']), ...asked].join('-')}"`, 'cache-control': FOR_EVER };
}

/** Whether `If-None-Match` names the tag. The comparison is the weak one of RFC 9110, 13.1.2. */
export function matchesTag(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  if (ifNoneMatch.trim() === '*') return true;
  return ifNoneMatch.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag);
}
