// The life of a version: draft, published, yanked. What is published stays as it is, and whether it may be published at all is for
// the egg's keys to say. Signatures are looked at only in the moment of publishing.

import { verifies } from './signature.ts';

export type State = 'draft' | 'published' | 'yanked';

export interface VersionFile {
  readonly platform: string;
  readonly file_id: number;
  readonly signature?: string;
}

/** What of a version the rules are about. */
export interface Release {
  readonly egg_id: number;
  readonly version: string;
  readonly files: readonly VersionFile[];
  readonly notes: string;
  readonly state: State;
}

/** What of an egg says who may publish. */
export interface Publisher {
  readonly name: string;
  readonly public_keys: readonly string[];
  readonly allow_unsigned: boolean;
}

/** Something that is not as it has to be. The reason continues a sentence that begins with the field. */
export interface Fault {
  readonly field: string;
  readonly reason: string;
}

export type Publication =
  /** `signedBy` is the key of the first file, where the egg has keys. */
  | { readonly ok: true; readonly signedBy?: string }
  | { readonly ok: false; readonly faults: readonly Fault[] };

const ORDER: readonly State[] = ['draft', 'published', 'yanked'];

/** Platforms that a version names a second time. */
export function repeatedPlatforms(files: readonly VersionFile[]): Fault[] {
  return files.flatMap(({ platform }, index) => {
    const first = files.findIndex((file) => file.platform === platform);
    return first < index
      ? [{ field: `files[${index}].platform`, reason: `is ${platform}, as that of files[${first}] is` }]
      : [];
  });
}

/** What speaks against a change of a version, or against adding one where there is none before. */
export function refuseChange(before: Release | undefined, after: Release): Fault[] {
  const from = before?.state ?? 'draft';
  const step = ORDER.indexOf(after.state) - ORDER.indexOf(from);
  if (step < 0) return [{ field: 'state', reason: `is ${from}, and does not go back to ${after.state}` }];
  if (step > 1) return [{ field: 'state', reason: `cannot become ${after.state} before it was published` }];
  if (!before || from === 'draft') return [];
  const moved = [
    ...(before.version === after.version ? [] : ['version']),
    ...(isSameFiles(before.files, after.files) ? [] : ['files']),
  ];
  return moved.map((field) => ({ field, reason: `cannot change any more: the version is ${from}` }));
}

/** Whether a change publishes. */
export function isPublishing(
  before: Pick<Release, 'state'> | undefined,
  after: Pick<Release, 'state'>,
): boolean {
  return after.state === 'published' && (before?.state ?? 'draft') === 'draft';
}

/**
 * Whether an egg lets its version be published with these files, of which `hashes` are the SHA-256 in hex. Each file has to be signed
 * by one of the egg's keys, not all of them by the same. An egg without keys has to allow it.
 */
export function decidePublication(
  { name, public_keys, allow_unsigned }: Publisher,
  files: readonly VersionFile[],
  hashes: readonly string[],
): Publication {
  if (files.length === 0)
    return refused([{ field: 'files', reason: 'is empty: a version is published with a file at least' }]);
  if (public_keys.length === 0) {
    if (allow_unsigned) return { ok: true };
    const reason = `cannot become published: the egg ${name} has no public_keys to verify signatures with; give it some, or set its allow_unsigned`;
    return refused([{ field: 'state', reason }]);
  }
  const signers = files.map(({ signature }, index) =>
    signature === undefined
      ? undefined
      : public_keys.find((key) => verifies(key, hashes[index] ?? '', signature)),
  );
  const faults = files.flatMap(({ signature }, index) => {
    if (signers[index] !== undefined) return [];
    const reason =
      signature === undefined
        ? `is missing: the egg ${name} has keys, and every file has to be signed by one of them`
        : `does not verify against the SHA-256 of the file by any key of the egg ${name}`;
    return [{ field: `files[${index}].signature`, reason }];
  });
  if (faults.length > 0) return refused(faults);
  const [signedBy] = signers;
  return { ok: true, ...(signedBy !== undefined && { signedBy }) };
}

function isSameFiles(before: readonly VersionFile[], after: readonly VersionFile[]): boolean {
  return (
    before.length === after.length &&
    before.every(({ platform, file_id, signature }, index) => {
      const other = after[index];
      return other?.platform === platform && other.file_id === file_id && other.signature === signature;
    })
  );
}

function refused(faults: readonly Fault[]): Publication {
  return { ok: false, faults };
}
