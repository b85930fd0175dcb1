// Requests to the server: a bearer token, JSON in one envelope, errors with a code. Where nothing comes for 300 s, fetch itself gives up.

/** The server said no. Where no answer comes, it is the TypeError of fetch. */
export class ApiError extends Error {
  code = '';
  /** When the server wants to be asked again; 0 where it did not say. */
  retryAfterMs = 0;
}

/** Where the server is, such as `https://eggs.example.org`, and the host's own token. */
export type Host = { readonly server: string; readonly token?: string };
type Request = { body?: object; headers?: Record<string, string>; signal?: AbortSignal };

/** The `data` of an answer. Posts where there is a body. Throws ApiError. */
export async function call<T>(host: Host, path: string, request: Request = {}): Promise<T> {
  const response = await open(host, path, request);
  return ((await response.json()) as { data: T }).data;
}

/** An answer that is to be read as it comes. Throws ApiError. */
export async function open({ server, token }: Host, path: string, request: Request): Promise<Response> {
  const { body, signal = null } = request;
  const headers = new Headers(request.headers);
  if (body) headers.set('content-type', 'application/json');
  if (token !== undefined) headers.set('authorization', `Bearer ${token}`);
  const post = body && { method: 'POST', body: JSON.stringify(body) };
  // No redirects: the token is for this server alone.
  const response = await fetch(new URL(path, server), { ...post, headers, signal, redirect: 'error' });
  if (response.ok) return response;
  // What stands between may answer too, and not in JSON.
  const said = (await response.json().catch(() => ({}))) as { code?: string; msg?: string };
  const { code = 'UNAVAILABLE', msg = `HTTP status ${response.status}` } = said;
  const retryAfterMs = Number(response.headers.get('retry-after')) * 1000 || 0;
  throw Object.assign(new ApiError(`${code}: ${msg}`), { code, retryAfterMs });
}

/** Takes OUT_OF_RANGE, in HTTP also 416, as no answer: what was asked for is behind the end. */
export function unlessOutOfRange(error: unknown): undefined {
  if (!(error instanceof ApiError && error.code === 'OUT_OF_RANGE')) throw error as Error;
}

/** How long to wait after so many failures in a row: up to a bound that doubles ("full jitter"), on top of what the server asks for. */
export function backOffMs(failures: number, error?: unknown): number {
  const asked = error instanceof ApiError ? Math.min(error.retryAfterMs, 3_600_000) : 0;
  return asked + Math.random() * Math.min(300_000, 1000 * 2 ** (failures - 1));
}
