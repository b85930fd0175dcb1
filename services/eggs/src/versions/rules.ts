// What a record of a version is made of, and what of it may change. Whether it may be published is looked at apart, in publishing.ts.

import type {
  AddEggVersionRequest,
  EggVersion,
  UpdateEggVersionRequest,
  VersionFile,
} from '@egg/contract/types/eggs';
import { invalidField, invalidFields, RpcError } from '@egg/rpc/errors';
import type { Fields } from '@egg/store';
import { type Fault, refuseChange, repeatedPlatforms } from '../domain/publish.ts';
import { isVersion } from '../domain/semver.ts';
import { refuseSignature } from '../domain/signature.ts';

/** A new version's fields. Throws INVALID_ARGUMENT. */
export function newVersion({
  egg_id,
  version,
  files = [],
  notes = '',
  state = 'draft',
}: AddEggVersionRequest): Fields<EggVersion> {
  const fields = { egg_id, version, files: checkedFiles(files), notes, state };
  refuseNoVersion(version);
  const faults = refuseChange(undefined, fields);
  if (faults.length > 0) throw invalidFields(faults);
  return fields;
}

/** The fields that an update leaves. Throws INVALID_ARGUMENT; FAILED_PRECONDITION where the version's state does not allow it. */
export function changedVersion(
  record: EggVersion,
  { clear = [], ...request }: UpdateEggVersionRequest,
): Fields<EggVersion> {
  const { egg_id, published_at, signed_by } = record;
  const { version = record.version, notes = record.notes, state = record.state } = request;
  if (version !== record.version) refuseNoVersion(version);
  const files = request.files ? checkedFiles(request.files) : record.files;
  const fields = {
    egg_id,
    version,
    files: clear.includes('files') ? [] : files,
    notes: clear.includes('notes') ? '' : notes,
    state,
    ...(published_at && { published_at }),
    ...(signed_by !== undefined && { signed_by }),
  };
  const faults = refuseChange(record, fields);
  if (faults.length > 0) throw unmet(faults);
  return fields;
}

/** FAILED_PRECONDITION that names what is not as it has to be. */
export function unmet(faults: readonly Fault[]): RpcError {
  const message = faults.map(({ field, reason }) => `${field} ${reason}`).join('; ');
  return new RpcError('FAILED_PRECONDITION', message, { violations: faults });
}

function refuseNoVersion(version: string): void {
  if (isVersion(version)) return;
  throw invalidField('version', 'is no semantic version (SemVer 2), such as 1.2.3 or 2.0.0-rc.1');
}

function checkedFiles(files: readonly VersionFile[]): VersionFile[] {
  const malformed = files.flatMap(({ signature }, index) => {
    const reason = signature === undefined ? undefined : refuseSignature(signature);
    return reason === undefined ? [] : [{ field: `files[${index}].signature`, reason }];
  });
  const violations = [...repeatedPlatforms(files), ...malformed];
  if (violations.length > 0) throw invalidFields(violations);
  return files.map(({ platform, file_id, signature }) => ({
    platform,
    file_id,
    ...(signature !== undefined && { signature }),
  }));
}
