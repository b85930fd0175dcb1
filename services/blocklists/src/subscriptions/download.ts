// Fetches one list whole, or nothing of it: redirects, the kind of the answer, its size and its end are looked at before anybody
// sees a line of it.

import type { IncomingMessage } from 'node:http';
import { ACCEPTED, checkHead, readBody } from './answer-body.ts';
import { FetchFailure, toFetchFailure } from './failure.ts';
import { openHop, type Ways } from './hop.ts';
import { readListUrl } from './list-url.ts';
import { Spool } from './spool.ts';
import { type FetchLimits, Watch } from './time-limits.ts';

/** What the host said of the list, to be told to it the next time. */
export interface Validators {
  readonly etag?: string;
  readonly last_modified?: string;
}

export type Download =
  | { readonly kind: 'unchanged' }
  | {
      readonly kind: 'list';
      /** To be closed by the caller. */
      readonly content: Spool;
      /** Of the content, in hex. */
      readonly sha256: string;
      readonly validators: Validators;
    };

export interface DownloadOptions {
  readonly url: string;
  /** Of the list that is there; without them the answer is never `unchanged`. */
  readonly validators?: Validators;
  readonly ways: Ways;
  readonly limits: FetchLimits;
  readonly signal: AbortSignal;
}

const REDIRECTS = new Set([301, 302, 303, 307, 308]);
const LONGEST_VALIDATOR = 1024;

/** Throws FetchFailure, or the signal's reason where it is aborted. */
export async function download(options: DownloadOptions): Promise<Download> {
  const { limits, signal } = options;
  const watch = new Watch(limits.totalMs, signal);
  try {
    const answer = await follow(options, watch);
    try {
      return await take(answer, options, watch);
    } finally {
      answer.destroy();
    }
  } catch (thrown) {
    if (signal.aborted) throw signal.reason;
    throw toFetchFailure(watch.signal.aborted ? watch.signal.reason : thrown);
  } finally {
    watch.end();
  }
}

/** The answer at the end of all redirects. */
async function follow(
  { url, validators = {}, ways, limits }: DownloadOptions,
  watch: Watch,
): Promise<IncomingMessage> {
  const headers = { 'user-agent': 'egg-server', ...ACCEPTED, ...conditions(validators) };
  let at: URL | undefined;
  let next = url;
  for (let hops = 0; ; hops++) {
    const read = readListUrl(next, ways.refuse, at);
    if (!read.url) {
      throw new FetchFailure(
        hops === 0 ? `the url ${read.reason}` : `the host redirects to a url that ${read.reason}`,
      );
    }
    at = read.url;
    const answer = await openHop(at, headers, { ways, limits, watch });
    const { location } = answer.headers;
    if (!REDIRECTS.has(answer.statusCode ?? 0) || location === undefined) return answer;
    answer.destroy();
    if (hops >= limits.redirects)
      throw new FetchFailure(`the host redirects more than ${limits.redirects} times`);
    next = location;
  }
}

async function take(
  answer: IncomingMessage,
  { validators = {}, limits }: DownloadOptions,
  watch: Watch,
): Promise<Download> {
  const isConditional = Object.keys(validators).length > 0;
  if (answer.statusCode === 304 && isConditional) return { kind: 'unchanged' };
  if (answer.statusCode !== 200) throw new FetchFailure(`the host answered ${answer.statusCode}`);
  checkHead(answer, limits);
  watch.phase(limits.idleMs, 'the answer stood still in the middle');
  const content = await Spool.open();
  try {
    const sha256 = await readBody(answer, content, { limits, watch });
    return { kind: 'list', content, sha256, validators: validatorsOf(answer) };
  } catch (thrown) {
    await content.close();
    throw thrown;
  }
}

function conditions({ etag, last_modified }: Validators): Record<string, string> {
  return {
    ...(etag !== undefined && { 'if-none-match': etag }),
    ...(last_modified !== undefined && { 'if-modified-since': last_modified }),
  };
}

function validatorsOf({ headers }: IncomingMessage): Validators {
  const etag = headers.etag;
  const modified = headers['last-modified'];
  return {
    ...(etag !== undefined && etag.length <= LONGEST_VALIDATOR && { etag }),
    ...(modified !== undefined && modified.length <= LONGEST_VALIDATOR && { last_modified: modified }),
  };
}
