// What the log says of a publication, and when: once, after its commit, with who, what and by which key.

import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import type { EggVersion } from '@egg/contract/types/eggs';
import { RpcError } from '@egg/rpc/errors';
import type { Preparation, Row } from '@egg/store';
import { newSigner } from '../../test/signer.ts';
import { Publishing } from './publishing.ts';

const at = new Date(0);
const row = (id: number) => ({ id, revision: 1, created_at: at, updated_at: at });
const sha256 = createHash('sha256').update('content').digest('hex');
const signer = newSigner();

const records: Readonly<Record<string, Row>> = {
  'eggs 1': { ...row(1), name: 'agent', description: '', public_keys: [signer.key], allow_unsigned: false },
  'eggs 2': { ...row(2), name: 'tool', description: '', public_keys: [], allow_unsigned: true },
  'files 7': { ...row(7), name: 'agent.tar', sha256, size: 7 },
} as Record<string, Row>;

const draft: EggVersion = {
  ...row(3),
  egg_id: 1,
  version: '1.0.0',
  files: [{ platform: 'linux/amd64', file_id: 7, signature: signer.sign({ id: 7, sha256 }) }],
  notes: '',
  state: 'draft',
};

/** Prepares a change as a call does, and answers with what the log has after its commit. */
async function publish(before: EggVersion, after: EggVersion): Promise<{ told: object[]; after: object }> {
  const publishing = new Publishing();
  const context = {
    caller: { name: 'release-bot', role: 'operator' },
    requestId: 'r-1',
    deadline: Infinity,
  } as const;
  const read = <T extends Row>(table: string, id: number): Promise<T | undefined> =>
    Promise.resolve(records[`${table} ${id}`] as T | undefined);
  const { id: _id, revision: _revision, created_at: _created, updated_at: _updated, ...fields } = after;
  const told: object[] = [];
  const log = { info: (line: object) => void told.push(line) };
  const preparation: Preparation = { context, read };
  const prepared = await publishing.prepare(fields, before, preparation);
  expect(told).toEqual([]);
  for (let times = 0; times < 2; times++)
    publishing.tell(log, context, { ...after, revision: 9, ...prepared });
  return { told, after: prepared };
}

const line = { actor: 'release-bot', request_id: 'r-1', version: '1.0.0', version_id: 3, revision: 9 };

test('a verified publication is told once, with the key', async () => {
  const { told, after } = await publish(draft, { ...draft, state: 'published' });
  expect(told).toEqual([{ ...line, egg: 'agent', egg_id: 1, signed: true, signed_by: signer.key }]);
  expect(after).toMatchObject({ signed_by: signer.key, published_at: expect.any(Date) as Date });
});

test('an unsigned publication is told as one', async () => {
  const { told, after } = await publish(draft, { ...draft, egg_id: 2, state: 'published' });
  expect(told).toEqual([{ ...line, egg: 'tool', egg_id: 2, signed: false }]);
  expect(after).not.toHaveProperty('signed_by');
});

test('what publishes nothing is left as it is, and not told', async () => {
  const published = { ...draft, state: 'published' as const };
  for (const [before, after] of [
    [draft, { ...draft, notes: 'soon' }],
    [published, { ...published, notes: 'out' }],
    [published, { ...published, state: 'yanked' as const }],
  ] as const) {
    const result = await publish(before, after);
    expect(result.told).toEqual([]);
    expect(result.after).not.toHaveProperty('published_at');
  }
});

test.each([
  [{ egg_id: 5 }, 'INVALID_ARGUMENT', 'egg_id'],
  [{ files: [...draft.files, { platform: 'b', file_id: 8 }] }, 'INVALID_ARGUMENT', 'files[1].file_id'],
  [{ files: [{ platform: 'a', file_id: 7 }] }, 'FAILED_PRECONDITION', 'files[0].signature'],
])('what cannot be published is refused by field: %j', async (wrong, code, field) => {
  const refused = await publish(draft, { ...draft, ...wrong, state: 'published' }).catch(
    (error: unknown) => error,
  );
  expect(refused).toBeInstanceOf(RpcError);
  expect(refused).toMatchObject({ code, violations: [{ field }] });
});
