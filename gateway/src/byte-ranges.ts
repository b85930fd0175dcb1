// Ranges of bytes as HTTP asks for them. Source: RFC 9110, 13.1.5 and 14.

/** What a service is asked for: from `offset`, which counts from the end where it is negative, at most `length` bytes. */
export interface AskedRange {
  readonly offset: number;
  readonly length?: number;
}

/**
 * The one range of bytes that a `Range` header asks for. Undefined where it asks for several, for another unit, or is malformed: then it
 * is as if it were not there.
 */
export function parseRange(header: string | undefined): AskedRange | undefined {
  const [, first = '', last = ''] = /^bytes[ \t]*=[ \t]*(\d*)-(\d*)[ \t]*$/i.exec(header ?? '') ?? [];
  if (first === '' && last === '') return undefined;
  const [from, to] = [Number(first), Number(last)];
  if (first === '') return to === 0 ? { offset: 0, length: 0 } : { offset: -atMost(to) };
  if (last === '') return { offset: atMost(from) };
  return to < from ? undefined : { offset: atMost(from), length: atMost(to - from + 1) };
}

/** Whether the range of a request with this `If-Range` is meant of what has this tag, and this date of its last change. */
export function isRangeMeant(
  ifRange: string | undefined,
  { etag, lastModified }: { readonly etag: string; readonly lastModified: Date },
  now = Date.now(),
): boolean {
  if (ifRange === undefined) return true;
  if (ifRange.trim() === etag) return true;
  // A date names one state alone where nothing else can have the same second. Source: RFC 9110, 8.8.2.2.
  const isOver = now - lastModified.getTime() >= 2000;
  return isOver && Date.parse(ifRange) === toSeconds(lastModified);
}

/** Whether what was last changed then is known to a client that says `If-Modified-Since`. */
export function isUnmodified(ifModifiedSince: string | undefined, lastModified: Date): boolean {
  return ifModifiedSince !== undefined && Date.parse(ifModifiedSince) >= toSeconds(lastModified);
}

function toSeconds(date: Date): number {
  return Math.floor(date.getTime() / 1000) * 1000;
}

/** No file is as long, and every number of a message can say it. */
function atMost(count: number): number {
  return Math.min(count, Number.MAX_SAFE_INTEGER);
}
