// Starts the gateway as the configuration says: channels to the services, the app, its address.

import type { AddressInfo } from 'node:net';
import { connectBus } from '@egg/bus';
import type { Contract } from '@egg/contract';
import { type Channel, connect } from '@egg/rpc';
import {
  type Access,
  type Config,
  ConfigError,
  inNetworks,
  refuseOpenAddress,
  type Running,
  type ServiceContext,
  type ServiceName,
} from '@egg/service';
import { buildApp } from './app.ts';
import { closer } from './close.ts';

export interface GatewayOptions extends ServiceContext {
  readonly contract: Contract;
  readonly access: Access;
}

/** Starts it. Throws ConfigError for an address that the open mode does not allow, an Error for one that cannot be had. */
export async function startGateway(options: GatewayOptions): Promise<Running> {
  const { config, contract, access, log, metrics } = options;
  await refuseOpenAddress(access, 'EGG_HTTP_HOST', config.http.host);
  const channels = connectAll(options);
  const bus = connectBus({ ...config.bus, name: 'gateway', log });
  const app = await buildApp({
    contract,
    channels,
    authorize: access.authorize,
    isOpen: () => access.isOpen(),
    bus,
    log,
    metrics,
    legacyStatus: config.legacyStatus,
    trustProxy: inNetworks(config.trustedProxies),
  });
  const close = closer(app);
  await app.listen(config.http);
  void sayIfOpen(access, log);
  return {
    ready: { http_host: config.http.host, http_port: (app.server.address() as AddressInfo).port },
    async stop() {
      await close();
      for (const channel of channels.values()) channel.close();
      await bus.close();
    },
  };
}

/** Says so in the log, as soon as the mode is known. */
async function sayIfOpen(access: Access, log: ServiceContext['log']): Promise<void> {
  const open = await Promise.resolve(access.isOpen()).catch(() => undefined);
  if (open) log.warn('the gateway is open: anybody on this machine may do all until there is an admin token');
}

/**
 * One channel for each service of the system, also where the contract has nothing of it yet: whether it is ready is asked all the
 * same. Throws ConfigError for a package whose service nobody knows.
 */
function connectAll({ config, contract, log }: GatewayOptions): Map<string, Channel> {
  const served = contract.services.filter(({ methods }) => methods.some(({ body }) => body !== 'sse'));
  const packages = new Set([
    ...Object.keys(config.services).map((name) => `egg.${name}.v1`),
    ...served.map((service) => service.package),
  ]);
  return new Map([...packages].map((name) => [name, connect({ address: addressOf(config, name), log })]));
}

/** `egg.blocklists.v1` is served by the service `blocklists`. */
function addressOf({ services }: Config, name: string): string {
  const service = services[name.split('.')[1] as ServiceName] as { address: string } | undefined;
  if (!service) throw new ConfigError([`${name} is served by no known service`]);
  return service.address;
}
