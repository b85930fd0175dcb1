// Versions over the whole way: HTTP, gateways, two replicas of the service. What one replica answered holds for the other.

import { describe, expect, test } from 'vitest';
import { type Answer, readList, startStack } from '@egg/testing';
import { verifies } from '../src/domain/signature.ts';
import { newSigner, type Signer, type TestFile } from './signer.ts';

const stack = await startStack({ eggs: 2, gateways: 2 });
const [first, second] = stack.gateways;
if (!first || !second) throw new Error('there are two gateways');

interface Egg {
  readonly id: number;
  readonly revision: number;
  readonly public_keys: readonly string[];
}

interface VersionFile {
  readonly platform: string;
  readonly file_id: number;
  readonly signature?: string;
}

interface Version {
  readonly id: number;
  readonly revision: number;
  readonly created_at: string;
  readonly updated_at: string;
  readonly version: string;
  readonly files: readonly VersionFile[];
  readonly notes: string;
  readonly state: string;
  readonly published_at?: string;
  readonly signed_by?: string;
}

let [eggs, files] = [0, 0];

async function addFile(): Promise<TestFile> {
  const type = { 'content-type': 'application/octet-stream' };
  const { body } = await first!.post<TestFile>('/file/add?name=agent', `content ${++files}`, type);
  if (body.status !== 0) throw new Error(JSON.stringify(body));
  return body.data;
}

async function addEgg(fields: object = {}): Promise<Egg> {
  const { body } = await first!.post<Egg>('/egg/add', { name: `egg-${++eggs}`, ...fields });
  if (body.status !== 0) throw new Error(JSON.stringify(body));
  return body.data;
}

async function addVersion(fields: object): Promise<Version> {
  const { body } = await first!.post<Version>('/version/add', fields);
  if (body.status !== 0) throw new Error(JSON.stringify(body));
  return body.data;
}

const update = (fields: object): Promise<Answer<Version>> => second.post<Version>('/version/update', fields);
const fileOf = (file: TestFile, signer?: Signer, platform = 'linux/amd64'): VersionFile => ({
  platform,
  file_id: file.id,
  ...(signer && { signature: signer.sign(file) }),
});

function expectRefused({ httpStatus, body }: Answer<unknown>, code: string, ...fields: string[]): void {
  expect([httpStatus, body.code, body.errors?.map(({ field }) => field)], JSON.stringify(body)).toEqual([
    400,
    code,
    fields,
  ]);
}

describe('a version of an egg with keys', () => {
  test('is a draft, is published when it is signed, stays as it is, and is yanked', async () => {
    const signer = newSigner();
    const egg = await addEgg({ public_keys: [newSigner().key, signer.key] });
    const [one, two] = [await addFile(), await addFile()];
    const draft = await addVersion({ egg_id: egg.id, version: '1.0.0', files: [fileOf(one)] });
    expect(draft).toMatchObject({ state: 'draft', notes: '', files: [fileOf(one)] });
    expect(draft.published_at).toBeUndefined();

    expectRefused(
      await update({ id: draft.id, state: 'published' }),
      'FAILED_PRECONDITION',
      'files[0].signature',
    );
    expectRefused(await update({ id: draft.id, state: 'yanked' }), 'FAILED_PRECONDITION', 'state');

    const files = [fileOf(one, signer), fileOf(two, signer, 'linux/arm64')];
    const published = await update({ id: draft.id, files, state: 'published' });
    expect(published.body.data).toMatchObject({ state: 'published', files, signed_by: signer.key });
    expect(Date.parse(published.body.data.published_at ?? '')).toBeGreaterThan(Date.now() - 60_000);

    const again = await update({ id: draft.id, files, state: 'published', version: '1.0.0' });
    expect(again.body.data).toEqual(published.body.data);

    const refusedWith = (fields: object) => update({ id: draft.id, ...fields });
    expectRefused(await refusedWith({ files: files.slice(1) }), 'FAILED_PRECONDITION', 'files');
    expectRefused(await refusedWith({ files: null }), 'FAILED_PRECONDITION', 'files');
    expectRefused(
      await refusedWith({ files: files.toReversed(), version: '1.0.1' }),
      'FAILED_PRECONDITION',
      'version',
      'files',
    );
    expectRefused(await refusedWith({ state: 'draft' }), 'FAILED_PRECONDITION', 'state');

    const noted = await update({ id: draft.id, notes: 'good' });
    expect(noted.body.data).toMatchObject({ state: 'published', notes: 'good', signed_by: signer.key });
    const yanked = await update({ id: draft.id, state: 'yanked' });
    expect(yanked.body.data).toMatchObject({ state: 'yanked', files, signed_by: signer.key });
    expect(yanked.body.data.published_at).toBe(published.body.data.published_at);
    expectRefused(await refusedWith({ state: 'published' }), 'FAILED_PRECONDITION', 'state');
    expectRefused(await refusedWith({ version: '1.0.1' }), 'FAILED_PRECONDITION', 'version');
    expect((await update({ id: draft.id, notes: null })).body.data).toMatchObject({
      state: 'yanked',
      notes: '',
    });
  });

  test('can be added published, and is then verified as well', async () => {
    const signer = newSigner();
    const egg = await addEgg({ public_keys: [signer.key] });
    const file = await addFile();
    const other = { ...fileOf(file), signature: newSigner().sign(file) };
    const add = (fields: object) =>
      first.post('/version/add', { egg_id: egg.id, version: '1.0.0', ...fields });
    expectRefused(
      await add({ state: 'published', files: [other] }),
      'FAILED_PRECONDITION',
      'files[0].signature',
    );
    expectRefused(await add({ state: 'published' }), 'FAILED_PRECONDITION', 'files');
    expectRefused(await add({ state: 'yanked' }), 'INVALID_ARGUMENT', 'state');
    expect((await add({ state: 'published', files: [fileOf(file, signer)] })).body.data).toMatchObject({
      state: 'published',
      signed_by: signer.key,
    });
  });

  test('is published against the keys that the egg has in that moment, whichever replica changed them', async () => {
    const [old, fresh] = [newSigner(), newSigner()];
    const egg = await addEgg({ public_keys: [old.key] });
    for (let round = 0; round < 10; round++) {
      const file = await addFile();
      const version = await addVersion({
        egg_id: egg.id,
        version: `1.0.${round}`,
        files: [fileOf(file, old)],
      });
      await first.post('/egg/update', { id: egg.id, public_keys: [fresh.key] });
      expectRefused(
        await update({ id: version.id, state: 'published' }),
        'FAILED_PRECONDITION',
        'files[0].signature',
      );
      await first.post('/egg/update', { id: egg.id, public_keys: [fresh.key, old.key] });
      const { body } = await update({ id: version.id, state: 'published' });
      expect(body.data).toMatchObject({ state: 'published', signed_by: old.key });
    }
    const { body } = await first.get<Version[]>(`/version/list?egg_id=${egg.id}&state=published`);
    expect(body.data).toHaveLength(10);
  });
});

test('a version of an egg without keys is published only where the egg allows it', async () => {
  const egg = await addEgg();
  const version = await addVersion({ egg_id: egg.id, version: '1.0.0', files: [fileOf(await addFile())] });
  const refused = await update({ id: version.id, state: 'published' });
  expectRefused(refused, 'FAILED_PRECONDITION', 'state');
  expect(refused.body.msg).toContain('allow_unsigned');
  await first.post('/egg/update', { id: egg.id, allow_unsigned: true });
  const { body } = await update({ id: version.id, state: 'published' });
  expect(body.data).toMatchObject({ state: 'published' });
  expect(body.data.signed_by).toBeUndefined();
});

test('what is wrong with a request is told by field', async () => {
  const egg = await addEgg();
  const file = await addFile();
  const [good, key] = [fileOf(file), newSigner().key];
  const version = await addVersion({ egg_id: egg.id, version: '1.0.0' });
  const other = await addEgg();
  const loose = `${'A'.repeat(85)}B==`;
  const base = { egg_id: egg.id, version: '2.0.0' };
  for (const [path, request, field] of [
    ['/version/add', { ...base, version: 'v2.0.0' }, 'version'],
    ['/version/add', { ...base, version: '2.0' }, 'version'],
    ['/version/add', { ...base, egg_id: 999_999 }, 'egg_id'],
    ['/version/add', { ...base, egg_id: 999_999, state: 'published', files: [good] }, 'egg_id'],
    ['/version/add', { ...base, state: 'retired' }, 'state'],
    ['/version/add', { ...base, files: [good, good] }, 'files[1].platform'],
    [
      '/version/add',
      { ...base, files: [good, { platform: 'Windows', file_id: file.id }] },
      'files[1].platform',
    ],
    ['/version/add', { ...base, files: [{ ...good, file_id: 999_999 }] }, 'files[0].file_id'],
    ['/version/add', { ...base, files: [{ ...good, signature: 'AAAA' }] }, 'files[0].signature'],
    ['/version/add', { ...base, files: [{ ...good, signature: loose }] }, 'files[0].signature'],
    ['/version/add', { ...base, signed_by: key }, 'signed_by'],
    ['/version/update', { id: version.id, version: '1.0' }, 'version'],
    ['/version/update', { id: version.id, egg_id: other.id }, 'egg_id'],
    ['/version/update', { id: version.id, files: [good, { ...good }] }, 'files[1].platform'],
    ['/version/update', { id: version.id, published_at: '2026-01-01T00:00:00Z' }, 'published_at'],
    ['/egg/add', { name: 'Not A Label' }, 'name'],
    ['/egg/add', { name: 'keys', public_keys: [key, `${'A'.repeat(43)}=`] }, 'public_keys[1]'],
    ['/egg/add', { name: 'keys', public_keys: [`${'A'.repeat(42)}B=`] }, 'public_keys[0]'],
    ['/egg/add', { name: 'keys', public_keys: ['AAAA'] }, 'public_keys[0]'],
    ['/egg/update', { id: egg.id, public_keys: [key, key] }, 'public_keys'],
  ] as const) {
    expectRefused(await first.post(path, request), 'INVALID_ARGUMENT', field);
  }
  const same = await first.post('/version/add', { egg_id: egg.id, version: '1.0.0' });
  expect([same.httpStatus, same.body.code]).toEqual([409, 'ALREADY_EXISTS']);
  expect((await first.get<Version[]>(`/version/list?egg_id=${egg.id}`)).body.data).toEqual([version]);
  expect(await addVersion({ egg_id: other.id, version: '1.0.0' })).toMatchObject({ version: '1.0.0' });
});

test('an update sent again is answered as it was, also when the keys have changed since', async () => {
  const signer = newSigner();
  const egg = await addEgg({ public_keys: [signer.key] });
  const version = await addVersion({
    egg_id: egg.id,
    version: '1.0.0',
    files: [fileOf(await addFile(), signer)],
  });
  const publish = () =>
    second.post<Version>(
      '/version/update',
      { id: version.id, state: 'published' },
      { 'idempotency-key': 'once' },
    );
  const { body } = await publish();
  await first.post('/egg/update', { id: egg.id, public_keys: [newSigner().key] });
  expect((await publish()).body.data).toEqual(body.data);
  expect((await update({ id: version.id, state: 'published' })).body.data).toEqual(body.data);
  const history = await first.get<unknown[]>(`/version/history?id=${version.id}`);
  expect(history.body.data).toHaveLength(2);
});

test('files that nobody signed are never published, and none come after, while they are put in and it is published at once', async () => {
  const signer = newSigner();
  const egg = await addEgg({ public_keys: [signer.key] });
  const [good, bad] = [await addFile(), await addFile()];
  const hashes = new Map([good, bad].map(({ id, sha256 }) => [id, sha256]));
  const outcomes = { published: 0, draft: 0 };
  for (let round = 0; round < 60; round++) {
    const { id } = await addVersion({
      egg_id: egg.id,
      version: `1.0.${round}`,
      files: [fileOf(good, signer)],
    });
    const [one, other] = round % 2 === 0 ? [first, second] : [second, first];
    await Promise.all([
      one.post('/version/update', { id, files: [{ ...fileOf(good, signer), file_id: bad.id }] }),
      other.post('/version/update', { id, state: 'published' }),
      one.post('/version/update', { id, state: 'published' }),
      other.post('/version/update', { id, files: [fileOf(bad)] }),
    ]);
    const { body } = await first.get<{ after: Version }[]>(`/version/history?id=${id}`);
    const all = body.data.map(({ after }) => after);
    const begin = all.findIndex(({ state }) => state === 'published');
    const published = begin < 0 ? [] : all.slice(begin).map(({ state, files }) => ({ state, files }));
    for (const one of published) expect(one).toEqual(published[0]);
    for (const { file_id, signature = '' } of published[0]?.files ?? []) {
      expect(verifies(signer.key, hashes.get(file_id) ?? '', signature)).toBe(true);
    }
    const last = body.data.at(-1)?.after.state;
    if (last === 'published' || last === 'draft') outcomes[last]++;
  }
  expect(outcomes.published + outcomes.draft).toBe(60);
  expect(outcomes.published).toBeGreaterThan(0);
  expect(outcomes.draft).toBeGreaterThan(0);
});

describe('the list by version', () => {
  const inOrder = [
    '0.9.0',
    '1.0.0-alpha',
    '1.0.0-alpha.1',
    '1.0.0-beta.2',
    '1.0.0-beta.11',
    '1.0.0',
    '1.0.0+build',
    '1.9.0',
    '1.10.0',
    '99999999999999999999999.0.0',
  ];
  const listed = async (query: string): Promise<string[]> =>
    (await second.get<Version[]>(`/version/list?${query}`)).body.data.map(({ version }) => version);

  test('is in order of precedence, either way, also of a state, and as soon as a write is answered', async () => {
    const egg = await addEgg({ allow_unsigned: true });
    const files = [fileOf(await addFile())];
    for (const version of inOrder.toSorted()) {
      const state = version.includes('-') ? 'draft' : 'published';
      await addVersion({ egg_id: egg.id, version, state, files });
    }
    await addVersion({ egg_id: (await addEgg()).id, version: '1.5.0' });
    expect(await listed(`egg_id=${egg.id}&sort=version`)).toEqual(inOrder);
    expect(await listed(`egg_id=${egg.id}&sort=-version`)).toEqual(inOrder.toReversed());
    expect(await listed(`egg_id=${egg.id}&sort=-version&state=draft`)).toEqual(
      inOrder.filter((version) => version.includes('-')).toReversed(),
    );
    const { body } = await first.get(`/version/list?egg_id=${egg.id}&sort=version&state=published&limit=2`);
    expect(body).toMatchObject({ total: 6, total_exact: true });
    const pages = await readList<Version>(first, '/version/list', { egg_id: egg.id, sort: 'version' });
    expect([...pages.values()].map(({ version }) => version)).toEqual(inOrder);
  });

  test('has pages on which what stays is shown once, while versions come and go, and after a restart', async () => {
    const egg = await addEgg();
    const added = new Map<string, number>();
    for (let minor = 0; minor < 12; minor++) {
      const version = `1.${minor}.0`;
      added.set(version, (await addVersion({ egg_id: egg.id, version })).id);
    }
    const seen: string[] = [];
    let cursor = '';
    for (let page = 0; page < 20; page++) {
      const query = `egg_id=${egg.id}&sort=-version&limit=3${cursor && `&cursor=${cursor}`}`;
      const { body } = await second.get<Version[]>(`/version/list?${query}`);
      seen.push(...body.data.map(({ version }) => version));
      cursor = body.next_cursor ?? '';
      if (cursor === '') break;
      // The one that the cursor names goes, one comes before it and one behind.
      await first.post('/version/delete', { id: added.get(seen.at(-1) ?? '') });
      await addVersion({ egg_id: egg.id, version: `2.${page}.0` });
      if (page === 1) await addVersion({ egg_id: egg.id, version: '1.0.0-rc.1' });
      if (page === 2) {
        await stack.kill('eggs-2');
        await stack.restart('eggs-2');
      }
    }
    const expected = Array.from({ length: 12 }, (_, index) => `1.${11 - index}.0`);
    expect(seen).toEqual([...expected, '1.0.0-rc.1']);
  });

  test('is of large records cut so that an answer stays small, and leaves none out', async () => {
    const egg = await addEgg();
    for (let patch = 0; patch < 40; patch++) {
      await addVersion({ egg_id: egg.id, version: `1.0.${patch}`, notes: 'n'.repeat(65_000) });
    }
    const { body } = await first.get<Version[]>(`/version/list?egg_id=${egg.id}&sort=version&limit=1000`);
    expect(body.data.length).toBeLessThan(40);
    const pages = await readList<Version>(first, '/version/list', { egg_id: egg.id, sort: 'version' });
    expect([...pages.values()].map(({ version }) => version)).toEqual(
      Array.from({ length: 40 }, (_, patch) => `1.0.${patch}`),
    );
  });

  test('is of one egg, and its cursor of one query', async () => {
    const egg = await addEgg();
    for (const version of ['1.0.0', '2.0.0']) await addVersion({ egg_id: egg.id, version });
    const page = await first.get(`/version/list?egg_id=${egg.id}&sort=version&limit=1`);
    const cursor = page.body.next_cursor ?? '';
    for (const [query, field] of [
      ['sort=version', 'egg_id'],
      ['sort=-version', 'egg_id'],
      [`egg_id=${egg.id}&sort=-version&cursor=${cursor}`, 'cursor'],
      [`egg_id=${egg.id}&sort=version&state=draft&cursor=${cursor}`, 'cursor'],
      [`egg_id=${egg.id}&sort=id&cursor=${cursor}`, 'cursor'],
      [`egg_id=${egg.id}&sort=version&cursor=nothing`, 'cursor'],
      [`egg_id=${egg.id}&sort=version&q=1`, 'sort'],
      [`egg_id=${egg.id}&sort=version&revision=1`, 'sort'],
      [`egg_id=${egg.id}&sort=name`, 'sort'],
    ] as const) {
      expectRefused(await first.get(`/version/list?${query}`), 'INVALID_ARGUMENT', field);
    }
    expect(await listed(`egg_id=999999&sort=version`)).toEqual([]);
  });
});

test('an egg or a file that a version names stays until the version goes', async () => {
  const egg = await addEgg();
  const file = await addFile();
  const version = await addVersion({ egg_id: egg.id, version: '1.0.0', files: [fileOf(file)] });
  expect((await second.post('/egg/delete', { id: egg.id })).body.code).toBe('FAILED_PRECONDITION');
  expect((await second.post('/file/delete', { id: file.id })).body.code).toBe('FAILED_PRECONDITION');
  await first.post('/version/delete', { id: version.id });
  expect((await second.post('/file/delete', { id: file.id })).body.status).toBe(0);
  expect((await second.post('/egg/delete', { id: egg.id })).body.status).toBe(0);
});
