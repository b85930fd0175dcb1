// Server reflection for the services of a process, so that grpcurl and its like can list and call them.

import type { Server } from '@grpc/grpc-js';
import { loadSync, type PackageDefinition } from '@grpc/proto-loader';
import { ReflectionService } from '@grpc/reflection';
import { protoPath as healthProto } from 'grpc-health-check';
import { linkDescriptors } from './descriptors.ts';

const HEALTH = 'grpc.health.v1.Health';

/** Adds reflection for `services`, which `descriptors` tell of, and for the health protocol. */
export function addReflection(server: Server, descriptors: readonly Uint8Array[], services: string[]): void {
  const shown = [...services, HEALTH];
  const packages = new Set(shown.map((name) => name.slice(0, name.lastIndexOf('.'))));
  const health = filesOf(loadSync(healthProto, { keepCase: true }));
  const files = linkDescriptors([...descriptors, ...health], (file) => packages.has(file.package));
  const linked = {
    linked: { format: '', type: {}, fileDescriptorProtos: files },
  } as unknown as PackageDefinition;
  new ReflectionService(linked, { services: shown }).addToServer(server);
}

/** Every message and enum of a definition carries all its files; services do not. */
function filesOf(definition: PackageDefinition): Buffer[] {
  for (const part of Object.values(definition)) {
    if (Array.isArray(part['fileDescriptorProtos'])) return part['fileDescriptorProtos'];
  }
  return [];
}
