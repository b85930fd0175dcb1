// Who may ask what. The gateway asks the same as every service does, and before it reads a body; the service asks again.

import type { FastifyInstance, FastifyReply, FastifyRequest, HookHandlerDoneFunction } from 'fastify';
import type { Contract, MethodContract } from '@egg/contract';
import type { Authorize } from '@egg/rpc';
import type { Access } from '@egg/service';
import { addressOf } from './exchange.ts';
import { checkOpenMode } from './open-mode.ts';

/** A hook of Fastify that may refuse a request. */
export type Hook = (request: FastifyRequest, reply: FastifyReply, done: HookHandlerDoneFunction) => void;

/**
 * Refuses, in the open mode, all that does not come from this machine. Until the mode is known, only probes are answered, and those as in
 * the open one.
 */
export function registerOpenMode(app: FastifyInstance, isOpen: Access['isOpen']): void {
  app.addHook('onRequest', (request, _reply, done) => {
    const check = (open: boolean): void => {
      if (open) checkOpenMode(request.raw);
    };
    const open = isOpen();
    if (typeof open === 'boolean') {
      check(open);
      done();
      return;
    }
    const { isProbe = false } = request.routeOptions.config;
    open
      .catch((error: unknown) => {
        if (!isProbe) throw error;
        return true;
      })
      .then(check)
      .then(() => done(), done);
  });
}

/** A hook that lets pass whom `authorize` lets call the method. */
export function authorizeHook(authorize: Authorize, method: MethodContract): Hook {
  return (request, _reply, done) => {
    const caller = authorize(request.headers.authorization, method, addressOf(request));
    if (caller instanceof Promise) caller.then(() => done(), done);
    else done();
  };
}

/** The method whose rules hold for what no proto has, such as the description of the API: who may read tables may read it. */
export function readingMethod(contract: Contract): MethodContract {
  const method = contract.services
    .flatMap(({ methods }) => methods)
    .find(({ http, roles }) => http?.verb === 'GET' && roles.length === 1 && roles[0] === 'viewer');
  if (!method) throw new Error('the contract has no method for viewers');
  return method;
}
