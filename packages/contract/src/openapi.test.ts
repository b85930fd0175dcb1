// The page describes every route, and nothing in it points nowhere.

import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';
import { loadContract } from './load.ts';
import { openApi } from './openapi.ts';
import { routesSnapshot } from './routes-snapshot.ts';

interface Operation {
  operationId: string;
  parameters: { $ref?: string; name?: string; schema?: object; required?: boolean }[];
  requestBody?: { required: boolean; content: Record<string, { schema: object }> };
  responses: Record<string, { content?: Record<string, { schema: object }> }>;
  security?: object[];
}

const contract = loadContract();
const page = openApi(contract) as { paths: Record<string, Record<string, Operation>> };

function schemaValidator(schema: object): ValidateFunction {
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  return ajv.addSchema(page, 'page').compile(JSON.parse(JSON.stringify(schema).replaceAll('#/', 'page#/')));
}

function operation(verb: string, path: string): Operation {
  const found = page.paths[path]?.[verb];
  if (!found) throw new Error(`${verb} ${path} is not described`);
  return found;
}

test('every method with a path is an operation with an id of its own', () => {
  const methods = contract.services.flatMap((service) => service.methods.flatMap(({ http }) => http ?? []));
  expect(methods.length).toBeGreaterThan(13);
  for (const { verb, path } of methods) operation(verb.toLowerCase(), path);
  const ids = Object.values(page.paths).flatMap((path) =>
    Object.values(path).map(({ operationId }) => operationId),
  );
  expect(new Set(ids).size).toBe(ids.length);
});

test('every reference has a target', () => {
  const references = [...JSON.stringify(page).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(
    ([, path]) => path ?? '',
  );
  expect(references.length).toBeGreaterThan(100);
  for (const reference of new Set(references)) {
    const target = reference
      .split('/')
      .reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], page);
    expect(target, reference).toBeDefined();
  }
});

test('a GET has its fields as parameters, a POST as a body; the original routes take forms', () => {
  const list = operation('get', '/domain/list');
  expect(list.requestBody).toBeUndefined();
  expect(list.parameters.find(({ name }) => name === 'limit')?.schema).toEqual({
    type: 'integer',
    minimum: 1,
    maximum: 1000,
  });
  expect(operation('get', '/domain/changes').parameters.find(({ name }) => name === 'since')?.required).toBe(
    true,
  );
  expect(Object.keys(operation('post', '/domain/add').requestBody?.content ?? {})).toEqual([
    'application/json',
    'application/x-www-form-urlencoded',
  ]);
});

test('an integer may be a decimal string within its bounds, and what can be cleared may be null', () => {
  const update = schemaValidator(
    operation('post', '/domain/update').requestBody?.content['application/json']?.schema ?? {},
  );
  expect(update({ id: 1, expires_at: null })).toBe(true);
  expect(update({ id: '9007199254740991' })).toBe(true);
  for (const id of ['0', '-1', '01', '1.5', '', '99999999999999999999', null]) {
    expect(update({ id }), String(id)).toBe(false);
  }
});

test('a reply stands in the envelope, and a record is a component', () => {
  const { schema = {} } =
    operation('get', '/domain/list').responses['200']?.content?.['application/json'] ?? {};
  expect(JSON.stringify(schema)).toContain('"$ref":"#/components/schemas/DomainBlock"');
  const valid = schemaValidator(schema);
  expect(valid({ status: 0, msg: 'ok', data: [], total: 0, total_exact: true })).toBe(true);
  expect(valid({ status: 1, msg: 'ok', data: [], total: 0, total_exact: true })).toBe(false);
});

test('writes name the headers that mean something to them', () => {
  const references = operation('post', '/domain/add').parameters.map(({ $ref }) => $ref);
  expect(references).toContain('#/components/parameters/IdempotencyKey');
  expect(references).toContain('#/components/parameters/IfMatch');
  expect(operation('get', '/domain/list').parameters.some(({ $ref }) => $ref?.endsWith('IfMatch'))).toBe(
    false,
  );
});

test('only what everybody may ask needs no token', () => {
  const open = Object.entries(page.paths).filter(([, path]) =>
    Object.values(path).some(({ security }) => security),
  );
  expect(open.map(([path]) => path)).toEqual(['/host/enroll', '/healthz', '/readyz']);
});

test('the snapshot has one line a route', () => {
  const lines = routesSnapshot(contract).trimEnd().split('\n');
  expect(lines).toContain(
    'POST /domain/add -> /egg.blocklists.v1.DomainBlockService/Add roles=operator body=json original writes',
  );
  expect(lines.filter((line) => line.includes(' original'))).toHaveLength(9);
});
