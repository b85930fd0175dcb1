// The contract as an OpenAPI 3.1 document: what a client generator, a tester or a reader of `/docs` goes by. Descriptions are the
// comments of the protos.

import type { Contract, JsonSchema, MethodContract, ServiceContract } from './model.ts';
import { CONTENT_PARAMETERS, CONTENT_RESPONSES } from './openapi-content.ts';
import { errorReferences, errorResponses, REQUEST_ID_HEADER } from './openapi-errors.ts';
import { plainPaths } from './openapi-plain.ts';
import { ERROR, recordSchemas, replySchema, requestSchema, shortName } from './openapi-schemas.ts';

const PARAMETERS = {
  RequestId: {
    name: 'X-Request-Id',
    in: 'header',
    description:
      'Comes back with the answer and is in every log line of the request, if it is 1 to 128 of A-Z, a-z, 0-9, `.`, `_`, `:` and `-`; else a new one does.',
    schema: { type: 'string' },
  },
  IdempotencyKey: {
    name: 'Idempotency-Key',
    in: 'header',
    description:
      'For 24 h the same key with the same body gives the first answer again and writes nothing; with another body, ALREADY_EXISTS.',
    schema: { type: 'string', pattern: '^[\\x21-\\x7e]{1,255}$' },
  },
  IfMatch: {
    name: 'If-Match',
    in: 'header',
    description: 'The revision that the record has to be at, in quotes; else ABORTED.',
    schema: { type: 'string', pattern: '^("[0-9]{1,15}"|[0-9]{1,15})$' },
  },
  LastEventId: {
    name: 'Last-Event-ID',
    in: 'header',
    description: 'The `id` of the last event that the client has; what follows it comes first.',
    schema: { type: 'string' },
  },
  IfNoneMatch: {
    name: 'If-None-Match',
    in: 'header',
    description: 'The `ETag` of an answer that the client has.',
    schema: { type: 'string' },
  },
  ...CONTENT_PARAMETERS,
};

/** Makes the document. Throws an Error if two methods would have the same operationId. */
export function openApi(
  contract: Contract,
  { title = 'Egg server', version = '0.1.0' }: { title?: string; version?: string } = {},
): object {
  const records = recordSchemas(contract);
  return {
    openapi: '3.1.0',
    info: {
      title,
      version,
      description:
        'Every answer is an object with `status` (0: done, 1: error) and `msg`; a result stands in `data`. ' +
        'With `EGG_LEGACY_STATUS=1` errors of the original routes come with HTTP status 200.',
    },
    servers: [{ url: '/' }],
    security: [{ bearer: [] }],
    tags: [
      ...contract.services.map((service) => ({ name: tag(service), description: service.comment })),
      { name: 'Gateway', description: 'The gateway itself.' },
    ],
    paths: { ...methodPaths(contract, records), ...plainPaths() },
    components: {
      schemas: { ...records, Error: ERROR },
      responses: errorResponses(),
      parameters: PARAMETERS,
      headers: { RequestId: { description: 'The id of the request.', schema: { type: 'string' } } },
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } },
    },
  };
}

function methodPaths(contract: Contract, records: Record<string, JsonSchema>): JsonSchema {
  const paths: Record<string, JsonSchema> = {};
  const ids = new Set<string>();
  for (const service of contract.services) {
    for (const method of service.methods) {
      if (!method.http) continue;
      const operation = describeOperation(service, method, records);
      const id = operation['operationId'] as string;
      if (ids.has(id)) throw new Error(`${method.path}: operationId ${id} is taken`);
      ids.add(id);
      const { path, verb } = method.http;
      paths[path] = { ...paths[path], [verb.toLowerCase()]: operation };
    }
  }
  return paths;
}

function describeOperation(
  service: ServiceContract,
  method: MethodContract,
  records: Record<string, JsonSchema>,
): JsonSchema {
  const verb = method.http?.verb ?? 'POST';
  return {
    operationId: `${tag(service)}${method.name}`,
    tags: [tag(service)],
    summary: method.comment.split(/(?<=\.)\s/)[0] ?? method.name,
    description: `${method.comment}\n\nRoles: ${method.roles.join(', ')}.`,
    parameters: [...queryParameters(method), ...headerParameters(method)],
    ...(verb === 'POST' && { requestBody: requestBody(method) }),
    responses: {
      ...(method.body === 'content' ? CONTENT_RESPONSES : jsonResponses(method, records)),
      ...errorReferences(method),
    },
    ...(method.roles.includes('open') && { security: [] }),
  };
}

function jsonResponses(method: MethodContract, records: Record<string, JsonSchema>): JsonSchema {
  const content = replyContent(method, records);
  if (method.immutableWith === undefined)
    return { 200: { description: 'Done.', headers: REQUEST_ID_HEADER, content } };
  const description = `Only where the request has \`${method.immutableWith}\`: such an answer never changes.`;
  const headers = { ...REQUEST_ID_HEADER, ETag: { description, schema: { type: 'string' } } };
  return {
    200: { description: 'Done.', headers, content },
    304: { description: 'The client has the answer.', headers: REQUEST_ID_HEADER },
  };
}

function replyContent({ body, reply }: MethodContract, records: Record<string, JsonSchema>): JsonSchema {
  if (body === 'raw') {
    const text = { schema: { type: 'string' } };
    return { 'text/plain': text, 'application/x-ndjson': text };
  }
  if (body === 'progress') {
    const { properties, ...schema } = replySchema(reply, records);
    const { progress: _, ...named } = properties as JsonSchema;
    const description =
      'For `Accept: text/event-stream`: events `progress` while it works, then `result` or `error`, whose data is what else would be the answer.';
    return {
      'application/json': {
        schema: { ...schema, properties: named, required: [...(schema['required'] as string[]), 'data'] },
      },
      'text/event-stream': { schema: { type: 'string', description } },
    };
  }
  if (body !== 'sse') return { 'application/json': { schema: replySchema(reply, records) } };
  const description = `Server-Sent Events; the data of each is one \`${shortName(reply.name)}\` as JSON.`;
  return { 'text/event-stream': { schema: { type: 'string', description } } };
}

function queryParameters(method: MethodContract): JsonSchema[] {
  if (method.http?.verb !== 'GET' && method.rawField === undefined) return [];
  const schema = requestSchema(method.request, 'text');
  const required = (schema['required'] as string[] | undefined) ?? [];
  const fields = Object.entries(schema['properties'] as Record<string, JsonSchema>);
  return fields
    .filter(([name]) => name !== method.rawField)
    .map(([name, { description, ...one }]) => ({
      name,
      in: 'query',
      ...(description !== undefined && { description }),
      ...(required.includes(name) && { required: true }),
      schema: one,
    }));
}

function headerParameters(method: MethodContract): JsonSchema[] {
  const names: (keyof typeof PARAMETERS)[] = ['RequestId'];
  if (method.writes) names.push('IdempotencyKey', 'IfMatch');
  if (method.immutableWith !== undefined) names.push('IfNoneMatch');
  if (method.body === 'sse') names.push('LastEventId');
  if (method.body === 'content') names.push('Range', 'IfRange', 'IfNoneMatch', 'IfModifiedSince');
  return names.map((name) => ({ $ref: `#/components/parameters/${name}` }));
}

function requestBody(method: MethodContract): JsonSchema {
  if (method.rawField !== undefined) {
    const raw = { schema: { type: 'string' } };
    return {
      description: 'The content itself, of any size; it may come with `Content-Encoding: gzip`.',
      required: true,
      content: {
        'text/plain': raw,
        'application/x-ndjson': raw,
        'application/octet-stream': raw,
        ...(method.multipart && { 'multipart/form-data': { schema: formSchema(method) } }),
      },
    };
  }
  const needed = method.request.fields.some(({ required }) => required);
  return {
    required: needed,
    content: {
      'application/json': { schema: requestSchema(method.request, 'json') },
      ...(method.original && {
        'application/x-www-form-urlencoded': { schema: requestSchema(method.request, 'text') },
      }),
    },
  };
}

/** The fields as parts of a form, with one file for the content. */
function formSchema({ request, rawField }: MethodContract): JsonSchema {
  const { properties } = requestSchema(request, 'text') as { properties: Record<string, JsonSchema> };
  const parts = Object.entries(properties).filter(([name]) => name !== rawField);
  return {
    type: 'object',
    properties: { ...Object.fromEntries(parts), file: { type: 'string', format: 'binary' } },
    required: ['file'],
  };
}

/** `egg.blocklists.v1.DomainBlockService` is `DomainBlock`. */
function tag(service: ServiceContract): string {
  return shortName(service.name).replace(/Service$/, '');
}
