// The tables of this service: what a record is made of, beyond what the proto says.

import type { Contract } from '@egg/contract';
import type {
  AddEggRequest,
  AddEggVersionRequest,
  AddFileRequest,
  AddHostRequest,
  AddNamedFileRequest,
  AddTokenRequest,
  Egg,
  EggVersion,
  File,
  Host,
  NamedFile,
  Token,
  UpdateEggRequest,
  UpdateEggVersionRequest,
  UpdateFileRequest,
  UpdateHostRequest,
  UpdateNamedFileRequest,
} from '@egg/contract/types/eggs';
import { declareTable } from '@egg/store';
import { changedEgg, newEgg } from './eggs/rules.ts';
import { askedFiles, changedFile } from './files/rules.ts';
import { changedHost, hostFilter, hostsWithin, newHost, withStates } from './hosts/rules.ts';
import type { KnownTokens } from './tokens/known-tokens.ts';
import { withUsesLeft } from './tokens/uses-left.ts';
import type { VersionOrder } from './versions/order.ts';
import type { Publishing } from './versions/publishing.ts';
import { changedVersion, newVersion } from './versions/rules.ts';

/** What can be installed. */
export const eggs = (contract: Contract) =>
  declareTable<Egg, AddEggRequest, UpdateEggRequest>(contract, 'eggs', {
    build: newEgg,
    change: changedEgg,
  });

/** Releases, which the keys of their eggs let be published. */
export const eggVersions = (contract: Contract, publishing: Publishing, order: VersionOrder) =>
  declareTable<EggVersion, AddEggVersionRequest, UpdateEggVersionRequest>(contract, 'egg_versions', {
    build: newVersion,
    change: changedVersion,
    prepare: publishing.prepare,
    followers: [order],
  });

/** Blobs; their content is kept once, apart. */
export const files = (contract: Contract) =>
  declareTable<File, AddFileRequest, UpdateFileRequest>(contract, 'files', {
    change: changedFile,
    filter: askedFiles,
  });

/** Names that point at files. */
export const namedFiles = (contract: Contract) =>
  declareTable<NamedFile, AddNamedFileRequest, UpdateNamedFileRequest>(contract, 'named_file');

/** Machines; what they tell when they check in is no commit, and shown beside the records. */
export const hosts = (contract: Contract) =>
  declareTable<Host, AddHostRequest, UpdateHostRequest>(contract, 'hosts', {
    build: newHost,
    change: changedHost,
    filter: hostFilter,
    within: hostsWithin,
    decorate: withStates,
  });

/** Who may call what. */
export const tokens = (contract: Contract, known: KnownTokens) =>
  declareTable<Token, AddTokenRequest, { id: number }>(contract, 'tokens', {
    followers: [known],
    decorate: withUsesLeft,
  });
