// The routes of the gateway that no proto has: whether it lives, whether it is ready, its numbers and its own description.

import type { JsonSchema } from './model.ts';
import { REQUEST_ID_HEADER } from './openapi-errors.ts';
import { ERROR } from './openapi-schemas.ts';

const PARTS = {
  type: 'object',
  description: 'By the name of the part.',
  additionalProperties: {
    type: 'object',
    properties: {
      ready: { type: 'boolean' },
      state: { enum: ['up', 'down'], description: 'Of the bus, which may be down while all else is ready.' },
    },
    required: ['ready'],
    additionalProperties: false,
  },
};

const ENVELOPE = { status: { const: 0 }, msg: { type: 'string' } };

/** For `paths`. */
export function plainPaths(): JsonSchema {
  return {
    '/healthz': {
      get: {
        ...operation('Healthz', 'Says that the gateway lives.'),
        security: [],
        responses: {
          200: json('It lives.', {
            type: 'object',
            properties: ENVELOPE,
            required: ['status', 'msg'],
            additionalProperties: false,
          }),
          ...refused(['BadRequest', 400], ['Forbidden', 403], ['RequestHeaderFieldsTooLarge', 431]),
        },
      },
    },
    '/readyz': {
      get: {
        ...operation('Readyz', 'Says whether a request would succeed, part by part.'),
        security: [],
        responses: {
          200: json('Every part is ready, or all but the bus.', {
            type: 'object',
            properties: { ...ENVELOPE, data: PARTS },
            required: ['status', 'msg', 'data'],
            additionalProperties: false,
          }),
          ...refused(['BadRequest', 400], ['Forbidden', 403], ['RequestHeaderFieldsTooLarge', 431]),
          503: json('A part is not ready; `data` says which.', {
            ...ERROR,
            properties: { ...(ERROR['properties'] as object), data: PARTS },
            required: [...(ERROR['required'] as string[]), 'data'],
          }),
        },
      },
    },
    '/metrics': {
      get: {
        ...operation('Metrics', 'The numbers of the gateway in the text format of Prometheus.'),
        responses: {
          200: {
            description: 'The numbers.',
            headers: REQUEST_ID_HEADER,
            content: { 'text/plain': { schema: { type: 'string' } } },
          },
          ...refused(
            ['BadRequest', 400],
            ['Unauthorized', 401],
            ['Forbidden', 403],
            ['RequestHeaderFieldsTooLarge', 431],
          ),
        },
      },
    },
    '/openapi.json': {
      get: {
        ...operation('OpenApi', 'This document.'),
        responses: {
          200: json('The document.', { type: 'object' }),
          ...refused(
            ['BadRequest', 400],
            ['Unauthorized', 401],
            ['Forbidden', 403],
            ['RequestHeaderFieldsTooLarge', 431],
          ),
        },
      },
    },
  };
}

function operation(operationId: string, summary: string): JsonSchema {
  return {
    operationId,
    tags: ['Gateway'],
    summary,
    parameters: [{ $ref: '#/components/parameters/RequestId' }],
  };
}

function json(description: string, schema: JsonSchema): JsonSchema {
  return { description, headers: REQUEST_ID_HEADER, content: { 'application/json': { schema } } };
}

function refused(...answers: [name: string, status: number][]): JsonSchema {
  return Object.fromEntries(
    answers.map(([name, status]) => [String(status), { $ref: `#/components/responses/${name}` }]),
  );
}
