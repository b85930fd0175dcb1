// File content: stored once, read in parts, and gone when nobody uses it, whatever breaks in between.

import fc from 'fast-check';
import { beforeEach, expect, test, vi } from 'vitest';
import { WITHIN } from '@egg/testing';
import { ObjectId } from '../src/driver.ts';
import { contentStage, inPieces, NOTHING, randomBytes, sha256Of, whole } from './content-stage.ts';

const CHUNK = 256 * 1024;
const stage = await contentStage();
const other = await stage.replica();

/** Deletes all records, and waits until nothing of their content is left. */
async function clear(): Promise<void> {
  await stage.table.follow();
  for await (const rows of stage.table.scan({})) for (const { id } of rows) await stage.remove(id);
  await vi.waitFor(
    async () => {
      await stage.content.sweep();
      expect(await stage.kept()).toEqual(NOTHING);
    },
    { timeout: 10_000 },
  );
}

beforeEach(clear);

test('what was stored comes back, of any length around the borders of its pieces', async () => {
  for (const size of [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 4 * CHUNK, 5 * CHUNK + 7]) {
    const bytes = randomBytes(size);
    const commit = await stage.add(bytes);
    expect(commit?.changes[0]?.after).toMatchObject({ sha256: sha256Of(bytes), size });
    const read = await whole(stage.content.read(sha256Of(bytes), { offset: 0, length: size }));
    expect(sha256Of(read)).toBe(sha256Of(bytes));
  }
});

test('any part of a content is what it is of the whole', async () => {
  const bytes = randomBytes(6 * CHUNK + 12_345);
  await stage.add(bytes);
  const place = fc.oneof(
    fc.nat(bytes.length),
    fc.constantFrom(...[0, 1, 4, 5, 6].flatMap((n) => [n * CHUNK, n * CHUNK + 1])),
  );
  await fc.assert(
    fc.asyncProperty(place, place, async (one, two) => {
      const [offset, end] = [Math.min(one, two), Math.max(one, two)];
      const part = await whole(stage.content.read(sha256Of(bytes), { offset, length: end - offset }));
      expect(part.equals(bytes.subarray(offset, end))).toBe(true);
    }),
    { numRuns: 60 },
  );
});

test('nothing is read of nothing, wherever it is', async () => {
  const bytes = randomBytes(2 * CHUNK + 5);
  await stage.add(bytes);
  for (const offset of [0, 5, CHUNK, CHUNK + 5, bytes.length]) {
    const pieces: Uint8Array[] = [];
    for await (const piece of stage.content.read(sha256Of(bytes), { offset, length: 0 })) pieces.push(piece);
    expect(pieces).toEqual([]);
  }
});

test('the same content twice at once is stored once, and stays until its last record is gone', async () => {
  const bytes = randomBytes(3 * CHUNK);
  const commits = await Promise.all([stage.add(bytes), other.add(bytes), stage.add(bytes), other.add(bytes)]);
  expect(await stage.kept()).toEqual({ contents: 1, files: 1, chunks: 3, uploads: 0 });
  const ids = commits.map((commit) => commit?.changes[0]?.id ?? 0);
  for (const id of ids.slice(1)) await stage.remove(id);
  await stage.content.sweep();
  await other.content.sweep();
  expect(await whole(other.content.read(sha256Of(bytes), { offset: 0, length: bytes.length }))).toEqual(
    bytes,
  );
  await other.remove(ids[0] ?? 0);
  await vi.waitFor(async () => expect(await stage.kept()).toEqual(NOTHING), WITHIN);
});

test('a stream that breaks off leaves nothing', async () => {
  const broken = async function* () {
    yield* inPieces(randomBytes(3 * CHUNK + 5));
    throw new Error('it broke off');
  };
  await expect(stage.content.store(broken(), () => {}, stage.commit)).rejects.toThrow('it broke off');
  expect(await stage.kept()).toEqual(NOTHING);
});

test('what is refused when it is there, and what is not committed, leaves nothing', async () => {
  const refused = (): never => {
    throw new RangeError('refused');
  };
  const pieces = () => inPieces(randomBytes(CHUNK + 5));
  await expect(stage.content.store(pieces(), refused, stage.commit)).rejects.toThrow('refused');
  expect(await stage.kept()).toEqual(NOTHING);
  await expect(stage.content.store(pieces(), () => {}, refused)).rejects.toThrow('refused');
  expect(await stage.kept()).toEqual(NOTHING);
});

test('what a killed process left of an upload goes, and one that only takes its time stays', async () => {
  const bytes = randomBytes(2 * CHUNK);
  const file = new ObjectId();
  await stage.database.collection('content_uploads').insertOne({ _id: file, beats: 3 });
  await stage.database.collection('content.chunks').insertOne({ files_id: file, n: 0, data: bytes });
  const { promise: more, resolve: goOn } = Promise.withResolvers<void>();
  const slow = async function* () {
    yield bytes.subarray(0, CHUNK + 1);
    await more;
    yield bytes.subarray(CHUNK + 1);
  };
  const stored = stage.content.store(slow(), () => {}, stage.commit);
  await vi.waitFor(async () => {
    await stage.content.sweep();
    expect(await stage.kept()).toMatchObject({ chunks: 1, uploads: 1 });
  }, WITHIN);
  await vi.waitFor(
    async () => expect(await stage.database.collection('content_uploads').findOne({ _id: file })).toBeNull(),
    WITHIN,
  );
  goOn();
  await stored;
  expect(await whole(stage.content.read(sha256Of(bytes), { offset: 0, length: bytes.length }))).toEqual(
    bytes,
  );
});

test('an upload that was taken for dead does not come into use', async () => {
  const uploads = stage.database.collection('content_uploads');
  const { promise: more, resolve: goOn } = Promise.withResolvers<void>();
  const slow = async function* () {
    yield randomBytes(CHUNK + 1);
    await more;
  };
  const stored = stage.content.store(slow(), () => {}, stage.commit);
  await vi.waitFor(
    async () =>
      expect(await uploads.updateOne({}, { $set: { dying: true } })).toMatchObject({ matchedCount: 1 }),
    WITHIN,
  );
  goOn();
  await expect(stored).rejects.toMatchObject({ code: 'UNAVAILABLE' });
});

test('the bytes of an upload whose process died just after they came into use stay', async () => {
  const bytes = randomBytes(10);
  await stage.add(bytes);
  const found = await stage.database.collection('contents').findOne({ _id: sha256Of(bytes) as never });
  const file = found?.['file'] as ObjectId;
  await stage.database.collection('content_uploads').insertOne({ _id: file, beats: 1 });
  await vi.waitFor(async () => {
    await stage.content.sweep();
    expect(await stage.kept()).toMatchObject({ uploads: 0 });
  }, WITHIN);
  expect(await whole(stage.content.read(sha256Of(bytes), { offset: 0, length: 10 }))).toEqual(bytes);
});

test('a claim whose process died becomes the pointer of its record, or goes', async () => {
  const bytes = randomBytes(10);
  const contents = stage.database.collection('contents');
  const commit = await stage.add(bytes);
  const sha256 = sha256Of(bytes);
  // As if its process had died before it told of the commit, and another before it made one.
  const claims = [stage.claim(), stage.claim()];
  await contents.updateOne({ _id: sha256 as never }, { $set: { by: claims } });
  await vi.waitFor(async () => {
    await stage.content.sweep();
    const found = await contents.findOne({ _id: sha256 as never });
    expect(found?.['by']).toEqual([`files:${commit?.changes[0]?.id}@${commit?.revision}`]);
  }, WITHIN);
  expect(await whole(stage.content.read(sha256, { offset: 0, length: 10 }))).toEqual(bytes);
});

test('a content goes whose record was deleted while nobody looked', async () => {
  const commit = await stage.add(randomBytes(10));
  const id = commit?.changes[0]?.id ?? 0;
  const contents = stage.database.collection('contents');
  const before = (await contents.findOne({})) ?? {};
  await stage.remove(id);
  await vi.waitFor(async () => expect(await stage.kept()).toEqual(NOTHING), WITHIN);
  // Another replica that looks after the same deletion may make the document for a moment, and take it away.
  const { _id } = before as { _id: never };
  await contents.replaceOne({ _id }, before, { upsert: true });
  await vi.waitFor(async () => {
    await stage.content.sweep();
    expect(await stage.kept()).toEqual(NOTHING);
  }, WITHIN);
});

test('a content whose deletion was begun is stored anew', async () => {
  const bytes = randomBytes(CHUNK + 1);
  await stage.add(bytes);
  const contents = stage.database.collection('contents');
  await contents.updateOne({}, { $set: { by: [], closers: [stage.claim()] } });
  await other.add(bytes);
  expect(await stage.kept()).toEqual({ contents: 1, files: 1, chunks: 2, uploads: 0 });
  expect(await whole(stage.content.read(sha256Of(bytes), { offset: 0, length: bytes.length }))).toEqual(
    bytes,
  );
});

test('while uploads, deletions and sweeps of the same contents cross, what a record has can be read', async () => {
  const kinds = [randomBytes(CHUNK + 3), randomBytes(7)];
  const sweeping = new AbortController();
  const replicas = [await stage.replica({ isPatient: true }), await stage.replica({ isPatient: true })];
  const sweeps = replicas.map(async ({ content }) => {
    while (!sweeping.signal.aborted) await content.sweep();
  });
  await Promise.all(
    Array.from({ length: 6 }, async (_, worker) => {
      const { add, remove, content } = replicas[worker % 2] ?? stage;
      for (let round = 0; round < 12; round++) {
        const bytes = kinds[(worker + round) % 2] ?? Buffer.alloc(0);
        const commit = await add(bytes);
        const read = await whole(content.read(sha256Of(bytes), { offset: 0, length: bytes.length }));
        expect(read.equals(bytes)).toBe(true);
        await remove(commit?.changes[0]?.id ?? 0);
      }
    }),
  );
  sweeping.abort();
  await Promise.all(sweeps);
  await vi.waitFor(async () => {
    await stage.content.sweep();
    expect(await stage.kept()).toEqual(NOTHING);
  }, WITHIN);
});
