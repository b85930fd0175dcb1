import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  decidePublication,
  isPublishing,
  refuseChange,
  type Release,
  repeatedPlatforms,
  type State,
  type VersionFile,
} from './publish.ts';

const STATES: readonly State[] = ['draft', 'published', 'yanked'];

const draft: Release = {
  egg_id: 1,
  version: '1.0.0',
  files: [{ platform: 'linux/amd64', file_id: 7 }],
  notes: '',
  state: 'draft',
};

interface Signer {
  readonly key: string;
  readonly privateKey: KeyObject;
}

function newSigner(): Signer {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  return {
    key: Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url').toString('base64'),
    privateKey,
  };
}

const hashOf = (fileId: number): string => createHash('sha256').update(String(fileId)).digest('hex');

function signed(fileId: number, { privateKey }: Signer, platform = 'linux/amd64'): VersionFile {
  const signature = sign(null, Buffer.from(hashOf(fileId), 'hex'), privateKey).toString('base64');
  return { platform, file_id: fileId, signature };
}

const publisher = (public_keys: readonly string[], allow_unsigned = false) => ({
  name: 'agent',
  public_keys,
  allow_unsigned,
});
const decide = (keys: readonly string[], files: readonly VersionFile[], allow = false) =>
  decidePublication(
    publisher(keys, allow),
    files,
    files.map(({ file_id }) => hashOf(file_id)),
  );
const fieldsOf = (decision: ReturnType<typeof decide>): string[] =>
  decision.ok ? [] : decision.faults.map(({ field }) => field);

describe('the state of a version', () => {
  test.each(
    STATES.flatMap((from) =>
      STATES.map(
        (to) =>
          [
            from,
            to,
            from === to || (from === 'draft' ? to === 'published' : from === 'published' && to === 'yanked'),
          ] as const,
      ),
    ),
  )('from %s to %s: %s', (from, to, allowed) => {
    const faults = refuseChange({ ...draft, state: from }, { ...draft, state: to });
    expect(faults.map(({ field }) => field)).toEqual(allowed ? [] : ['state']);
  });

  test.each([
    ['draft', true],
    ['published', true],
    ['yanked', false],
  ] as const)('of a new one can be %s: %s', (state, allowed) => {
    expect(refuseChange(undefined, { ...draft, state }).length).toBe(allowed ? 0 : 1);
  });

  test('only the step to published publishes', () => {
    expect(isPublishing(undefined, { state: 'published' })).toBe(true);
    expect(isPublishing({ state: 'draft' }, { state: 'published' })).toBe(true);
    expect(isPublishing({ state: 'published' }, { state: 'published' })).toBe(false);
    expect(isPublishing({ state: 'published' }, { state: 'yanked' })).toBe(false);
    expect(isPublishing(undefined, { state: 'draft' })).toBe(false);
  });
});

test('whatever is done to a published version, its name and its files stay, and its state goes on or stays', () => {
  const release = fc.record({
    egg_id: fc.constant(1),
    version: fc.constantFrom('1.0.0', '1.0.1'),
    files: fc.constantFrom(
      draft.files,
      [],
      [{ platform: 'linux/amd64', file_id: 8 }],
      [{ platform: 'linux/amd64', file_id: 7, signature: 'x' }],
    ),
    notes: fc.constantFrom('', 'better'),
    state: fc.constantFrom(...STATES),
  });
  fc.assert(
    fc.property(release, fc.array(release), (first, wanted) => {
      let now: Release = { ...first, state: 'published' };
      for (const next of wanted) {
        if (refuseChange(now, next).length === 0) now = next;
        expect([now.version, now.files]).toEqual([first.version, first.files]);
        expect(now.state).not.toBe('draft');
      }
    }),
  );
});

test('a draft can change, with its files, in the same step that publishes it', () => {
  const after = { ...draft, version: '2.0.0', files: [], state: 'published' as const };
  expect(refuseChange(draft, after)).toEqual([]);
});

test('each platform that comes a second time is named by its place', () => {
  const files = ['linux/amd64', 'linux/arm64', 'linux/amd64', 'linux/arm64', 'linux/amd64'].map(
    (platform) => ({ platform, file_id: 1 }),
  );
  expect(repeatedPlatforms(files).map(({ field }) => field)).toEqual(
    [2, 3, 4].map((index) => `files[${index}].platform`),
  );
  expect(repeatedPlatforms(files.slice(0, 2))).toEqual([]);
});

describe('a publication', () => {
  const [one, two, stranger] = [newSigner(), newSigner(), newSigner()];
  const keys = [one.key, two.key];

  test('is by the key that signed every file', () => {
    const files = [signed(1, two), signed(2, two, 'linux/arm64')];
    expect(decide(keys, files)).toEqual({ ok: true, signedBy: two.key });
  });

  test('may have files of different keys; the first file says by whom it is', () => {
    expect(decide(keys, [signed(1, two), signed(2, one, 'linux/arm64')])).toEqual({
      ok: true,
      signedBy: two.key,
    });
  });

  test('is refused by the place of each file that is not signed, signed by a stranger, or signed for another file', () => {
    const files = [
      signed(1, one),
      { platform: 'a', file_id: 2 },
      signed(3, stranger, 'b'),
      { ...signed(4, one, 'c'), file_id: 5 },
    ];
    expect(fieldsOf(decide(keys, files))).toEqual([1, 2, 3].map((index) => `files[${index}].signature`));
    expect(fieldsOf(decide(keys, files, true))).toEqual(
      [1, 2, 3].map((index) => `files[${index}].signature`),
    );
  });

  test('without a file, or of a file without a hash, is refused', () => {
    expect(fieldsOf(decide(keys, []))).toEqual(['files']);
    expect(fieldsOf(decide([], [], true))).toEqual(['files']);
    expect(fieldsOf(decidePublication(publisher(keys), [signed(1, one)], []))).toEqual([
      'files[0].signature',
    ]);
  });

  test('of an egg without keys is refused with what to do, unless the egg allows it', () => {
    const refused = decide([], [signed(1, one)]);
    expect(refused).toMatchObject({ ok: false, faults: [{ field: 'state' }] });
    expect(JSON.stringify(refused)).toContain('allow_unsigned');
    expect(decide([], [signed(1, one)], true)).toEqual({ ok: true });
  });
});
