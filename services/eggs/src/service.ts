// What this service serves, at a glance.

import { loadContract } from '@egg/contract';
import { type Running, type ServiceContext, startTableService } from '@egg/service';
import { auditMethods } from './rpc/audit.ts';
import { contentServices } from './rpc/content-services.ts';
import { hostServices } from './rpc/host-services.ts';
import { tokenMethods } from './rpc/token.ts';
import { versionMethods } from './rpc/version.ts';
import { eggs, eggVersions, files, hosts, namedFiles, tokens } from './tables.ts';
import { KnownTokens } from './tokens/known-tokens.ts';
import { VersionOrder } from './versions/order.ts';
import { Publishing } from './versions/publishing.ts';

/** Eggs and their versions, files and their names, hosts and their check-ins, and who may do what. */
export function startEggs(context: ServiceContext): Promise<Running> {
  const contract = loadContract();
  const [publishing, order] = [new Publishing(), new VersionOrder()];
  const known = new KnownTokens();
  return startTableService(context, {
    name: 'eggs',
    contract,
    tables: {
      eggs: eggs(contract),
      versions: eggVersions(contract, publishing, order),
      files: files(contract),
      namedFiles: namedFiles(contract),
      hosts: hosts(contract),
      tokens: tokens(contract, known),
    },
    methods: async ({ eggs, versions, files, namedFiles, hosts, tokens }, parts) => ({
      'egg.eggs.v1.AuditService': auditMethods(contract, parts.database),
      'egg.eggs.v1.EggVersionService': versionMethods({
        table: versions,
        order,
        publishing,
        standard: parts.standard['egg.eggs.v1.EggVersionService'] ?? {},
        log: context.log,
      }),
      ...(await contentServices(context, { files, namedFiles }, parts)),
      ...(await hostServices({
        contract,
        context,
        tables: { hosts, eggs },
        writes: parts.writes.hosts,
        parts,
      })),
      'egg.eggs.v1.TokenService': await tokenMethods(
        { table: tokens, known, access: parts.access, log: context.log },
        parts.onStop,
      ),
    }),
  });
}
