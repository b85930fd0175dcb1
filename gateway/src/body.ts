// The kinds of body that are taken: JSON everywhere, forms on the original routes. Both are held to be UTF-8, where Fastify's own
// parsers would put a replacement character for what is not.

import { isUtf8 } from 'node:buffer';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import secureJson from 'secure-json-parse';
import { HttpError, invalidRequest } from './errors.ts';
import { parseText, type TextFields } from './text.ts';

/** A body that came as a form, so that its values are read as text. */
export class FormBody {
  readonly fields: TextFields;

  constructor(fields: TextFields) {
    this.fields = fields;
  }
}

/** Registers the parsers, in place of Fastify's own. */
export function registerBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser<Buffer>('application/json', { parseAs: 'buffer' }, (_request, body, done) => {
    settle(done, () => parseJson(bodyText(body)));
  });
  app.addContentTypeParser<Buffer>(
    'application/x-www-form-urlencoded',
    { parseAs: 'buffer' },
    (_request, body, done) => {
      settle(done, () => new FormBody(parseText(bodyText(body))));
    },
  );
}

/** Leaves bodies of every kind unread, for handlers that read them as they come. */
export function registerRawBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _payload, done) => done(null));
}

/** Throws 415 for a body of a kind or in an encoding that the route does not take, before any of it is read. */
export function checkBodyKind(request: FastifyRequest, takesForms: boolean): void {
  const { 'content-type': type = '', 'content-encoding': encoding = 'identity' } = request.headers;
  if (encoding !== 'identity') throw unsupported('the body must not be compressed');
  if (type === 'application/json' || !hasBody(request)) return;
  const [kind = '', ...parameters] = type.split(';').map((part) => part.trim().toLowerCase());
  const isForm = kind === 'application/x-www-form-urlencoded';
  if (kind !== 'application/json' && !(takesForms && isForm)) {
    throw unsupported(
      `the body has to be application/json${takesForms ? ' or application/x-www-form-urlencoded' : ''}`,
    );
  }
  const charset = parameters.find((parameter) => parameter.startsWith('charset='))?.slice(8);
  if (charset !== undefined && !/^"?(utf-?8|us-ascii)"?$/.test(charset)) {
    throw unsupported('the body has to be UTF-8');
  }
}

/** Whether a body comes with the request. */
export function hasBody({ headers }: FastifyRequest): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';
}

function bodyText(body: Buffer): string {
  if (!isUtf8(body)) throw invalidRequest('the body is not UTF-8');
  return body.toString();
}

function parseJson(text: string): unknown {
  if (text.trim() === '') return {};
  try {
    return secureJson.parse(text, null, { protoAction: 'error', constructorAction: 'error' }) as unknown;
  } catch {
    throw invalidRequest(
      isJson(text)
        ? 'the body has a key that is never taken: __proto__ or constructor'
        : 'the body is not JSON',
    );
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function unsupported(reason: string): HttpError {
  return new HttpError(415, 'INVALID_ARGUMENT', reason, [{ field: '', reason }]);
}

function settle(done: (error: Error | null, body?: unknown) => void, parse: () => unknown): void {
  let body: unknown;
  try {
    body = parse();
  } catch (thrown) {
    done(thrown as Error);
    return;
  }
  done(null, body);
}
