// Brings a service's methods and its handlers together, and says at the start what is missing.

import type { MethodContract, ServiceContract } from '@egg/contract';
import type { Handler, Handlers } from './model.ts';

/** Every method with its handler. Throws an Error that names each method without a handler and each handler without a method. */
export function pairHandlers(
  service: ServiceContract,
  handlers: Handlers,
): { method: MethodContract; handler: Handler }[] {
  const known = new Set(service.methods.map(({ name }) => name));
  const faults = Object.keys(handlers)
    .filter((name) => !known.has(name))
    .map((name) => `${service.name} has no method ${name}`);
  const pairs = service.methods.flatMap((method) => {
    const handler = Object.hasOwn(handlers, method.name) ? handlers[method.name] : undefined;
    if (handler) return { method, handler };
    faults.push(`${service.name}/${method.name} has no handler`);
    return [];
  });
  if (faults.length > 0) throw new Error(faults.join('; '));
  return pairs;
}
