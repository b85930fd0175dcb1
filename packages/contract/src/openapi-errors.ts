// The error answers of the OpenAPI page, one for each HTTP status, and which of them a route can give.

import type { JsonSchema, MethodContract } from './model.ts';

interface ErrorAnswer {
  status: number;
  name: string;
  description: string;
  codes: string[];
}

const ERRORS: ErrorAnswer[] = [
  {
    status: 400,
    name: 'BadRequest',
    description:
      'A field is at fault, something in the way has to be cleared first, or a revision is in the future.',
    codes: ['INVALID_ARGUMENT', 'FAILED_PRECONDITION', 'OUT_OF_RANGE'],
  },
  { status: 401, name: 'Unauthorized', description: 'No valid token.', codes: ['UNAUTHENTICATED'] },
  {
    status: 403,
    name: 'Forbidden',
    description: 'The role of the token does not allow it, or the open mode does not take such a request.',
    codes: ['PERMISSION_DENIED'],
  },
  { status: 404, name: 'NotFound', description: 'There is no such thing.', codes: ['NOT_FOUND'] },
  {
    status: 409,
    name: 'Conflict',
    description: 'It is there already, or it has moved on from the revision in `If-Match`.',
    codes: ['ALREADY_EXISTS', 'ABORTED'],
  },
  {
    status: 413,
    name: 'ContentTooLarge',
    description: 'The body is larger than 1 MiB.',
    codes: ['INVALID_ARGUMENT'],
  },
  {
    status: 415,
    name: 'UnsupportedMediaType',
    description: 'The body is of a kind that the route does not take.',
    codes: ['INVALID_ARGUMENT'],
  },
  {
    status: 416,
    name: 'RangeNotSatisfiable',
    description: 'The range begins behind the end; `Content-Range` says where that is.',
    codes: ['OUT_OF_RANGE'],
  },
  {
    status: 429,
    name: 'TooManyRequests',
    description: 'Too much is under way. Try again later.',
    codes: ['RESOURCE_EXHAUSTED'],
  },
  {
    status: 431,
    name: 'RequestHeaderFieldsTooLarge',
    description: 'The headers, or the query, are larger than 64 KiB.',
    codes: ['INVALID_ARGUMENT'],
  },
  {
    status: 500,
    name: 'InternalServerError',
    description: 'A fault of the server. The log has more under `request_id`.',
    codes: ['INTERNAL', 'UNKNOWN', 'DATA_LOSS', 'UNIMPLEMENTED', 'CANCELLED'],
  },
  { status: 503, name: 'ServiceUnavailable', description: 'A part is away.', codes: ['UNAVAILABLE'] },
  {
    status: 504,
    name: 'GatewayTimeout',
    description: 'It took too long. A write may have been made all the same.',
    codes: ['DEADLINE_EXCEEDED'],
  },
];

/** What only a request with a body can meet. */
const BODY_ONLY = new Set([413, 415]);
/** What only a request for a part of a file can meet. */
const RANGE_ONLY = new Set([416]);

/** Every answer has it. */
export const REQUEST_ID_HEADER = { 'X-Request-Id': { $ref: '#/components/headers/RequestId' } };

/** For `components.responses`. */
export function errorResponses(): JsonSchema {
  return Object.fromEntries(
    ERRORS.map(({ name, description, codes }) => [
      name,
      {
        description,
        headers: REQUEST_ID_HEADER,
        content: {
          'application/json': {
            schema: {
              allOf: [{ $ref: '#/components/schemas/Error' }],
              properties: { code: { enum: codes } },
            },
          },
        },
      },
    ]),
  );
}

/** References to the errors that a route can give. */
export function errorReferences({ http, body }: MethodContract): JsonSchema {
  const possible = ERRORS.filter(
    ({ status }) =>
      (http?.verb === 'POST' || !BODY_ONLY.has(status)) && (body === 'content' || !RANGE_ONLY.has(status)),
  );
  return Object.fromEntries(
    possible.map(({ status, name }) => [String(status), { $ref: `#/components/responses/${name}` }]),
  );
}
