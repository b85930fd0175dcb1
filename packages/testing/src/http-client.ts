// A client of the HTTP API as a caller of many requests has it: connections that are kept and used again, and each answer whole.

import { Pool } from 'undici';

/** One thing that is wrong with a request. */
export interface Fault {
  readonly field: string;
  readonly reason: string;
}

/** What every answer is: `data` where it went well, the rest of the fields where it did not. */
export interface Envelope<T> {
  readonly status: number;
  readonly msg: string;
  readonly data: T;
  readonly code?: string;
  readonly errors?: readonly Fault[];
  readonly request_id?: string;
  readonly next_cursor?: string;
  readonly total?: number;
  readonly total_exact?: boolean;
}

export interface Answer<T> {
  readonly httpStatus: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** As it came. */
  readonly text: string;
  /** The JSON of it; an empty object where there is no body. */
  readonly body: Envelope<T>;
}

type Headers = Readonly<Record<string, string>>;

export interface HttpClient {
  readonly url: string;
  /** Sends a JSON body; as it is where it is a string. Throws where no whole answer comes. */
  post<T = unknown>(path: string, body: object | string, headers?: Headers): Promise<Answer<T>>;
  /** Throws where no whole answer comes. */
  get<T = unknown>(path: string, headers?: Headers): Promise<Answer<T>>;
  close(): Promise<void>;
}

const CONNECTIONS = 64;

/** A client of the server at `url`. A request of which nothing comes for `timeoutMs` fails. */
export function httpClient(url: string, { timeoutMs = 30_000 }: { timeoutMs?: number } = {}): HttpClient {
  const pool = new Pool(url, {
    connections: CONNECTIONS,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    connectTimeout: timeoutMs,
  });
  const send = async <T>(
    method: 'GET' | 'POST',
    path: string,
    headers: Headers,
    body?: string,
  ): Promise<Answer<T>> => {
    const reply = await pool.request({ method, path, headers, ...(body !== undefined && { body }) });
    const text = await reply.body.text();
    return {
      httpStatus: reply.statusCode,
      headers: reply.headers,
      text,
      body: (text === '' ? {} : JSON.parse(text)) as Envelope<T>,
    };
  };
  return {
    url,
    post: (path, body, headers = {}) =>
      send(
        'POST',
        path,
        { 'content-type': 'application/json', ...headers },
        typeof body === 'string' ? body : JSON.stringify(body),
      ),
    get: (path, headers = {}) => send('GET', path, headers),
    close: () => pool.destroy(),
  };
}
