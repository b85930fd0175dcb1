// The routes as text, one a line, kept in the repository: a change of the API shows in a review.

import type { Contract, MethodContract } from './model.ts';

/** One line a route, sorted by path: `POST /domain/add -> /egg.blocklists.v1.DomainBlockService/Add roles=operator body=json writes`. */
export function routesSnapshot(contract: Contract): string {
  const routes = contract.services
    .flatMap(({ methods }) => methods)
    .flatMap((method) => (method.http ? [{ ...method.http, method }] : []));
  const lines = routes
    .sort((a, b) => (a.path === b.path ? compare(a.verb, b.verb) : compare(a.path, b.path)))
    .map(({ verb, path, method }) => `${verb} ${path} -> ${method.path} ${flags(method).join(' ')}`);
  return `${lines.join('\n')}\n`;
}

function flags(method: MethodContract): string[] {
  return [
    `roles=${method.roles.join(',')}`,
    `body=${method.body}`,
    ...(method.original ? ['original'] : []),
    ...(method.writes ? ['writes'] : []),
    ...(method.requestStream ? ['request_stream'] : []),
    ...(method.rawField === undefined ? [] : [`raw_field=${method.rawField}`]),
    ...(method.multipart ? ['multipart'] : []),
    ...(method.replyStream ? ['reply_stream'] : []),
    ...(method.immutableWith === undefined ? [] : [`immutable_with=${method.immutableWith}`]),
  ];
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
