// What a token may be, and when one may go.

export interface TokenRequest {
  readonly name: string;
  readonly role: string;
  readonly expires_at?: Date;
  readonly uses?: number;
}

/** What histories call those who have no token of their own, where a token could be called so. */
const OTHERS = ['anonymous', 'system', 'schedule', 'EGG_ADMIN_TOKEN'];

/** What is wrong with a request for a token; undefined where nothing is. */
export function tokenProblem(
  { name, role, expires_at, uses }: TokenRequest,
  now: Date,
): { field: string; reason: string } | undefined {
  if (OTHERS.includes(name)) return { field: 'name', reason: 'is what histories call who has no token' };
  if (expires_at && expires_at <= now) return { field: 'expires_at', reason: 'has to be in the future' };
  if (uses !== undefined && role !== 'enroll')
    return { field: 'uses', reason: 'is for the role enroll only' };
  return undefined;
}

/** Whether a token lets somebody in as an admin at a time. */
export function isValidAdmin(token: Pick<TokenRequest, 'role' | 'expires_at'>, at: Date): boolean {
  return token.role === 'admin' && (token.expires_at === undefined || token.expires_at > at);
}

const SPAN = /^([1-9]\d{0,4})([mhdw])$/;
const UNIT_MS = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };
const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2})$/;

/** Reads `30d`, `12h`, `90m`, `4w`, or an RFC 3339 time; undefined for anything else. */
export function readExpiry(text: string, now: Date): Date | undefined {
  const [, count, unit] = SPAN.exec(text) ?? [];
  if (count !== undefined)
    return new Date(now.getTime() + Number(count) * UNIT_MS[unit as keyof typeof UNIT_MS]);
  const time = TIME.test(text) ? new Date(text) : undefined;
  return time && !Number.isNaN(time.getTime()) ? time : undefined;
}
