// References: "name it" and "delete it" cannot both win.

import { expect, test } from 'vitest';
import { testDatabase, testName } from '@egg/testing';
import { RpcError } from '@egg/rpc/errors';
import { References } from '../src/references.ts';

const database = await testDatabase();
const open = (): References => new References(database.collection(testName()));

function codeOf(result: PromiseSettledResult<void>): string {
  if (result.status === 'fulfilled') return 'OK';
  return result.reason instanceof RpcError ? result.reason.code : String(result.reason);
}

test('a record that is pointed at cannot be deleted, and the refusal says by whom', async () => {
  const references = open();
  await references.add(7, 'egg_versions:1');
  await references.add(7, 'egg_versions:1');
  await references.add(7, 'named_file:2');
  await expect(references.close(7)).rejects.toMatchObject({
    code: 'FAILED_PRECONDITION',
    violations: [
      { field: 'id', reason: 'is used by egg_versions:1' },
      { field: 'id', reason: 'is used by named_file:2' },
    ],
  });
  await references.drop(7, 'egg_versions:1');
  await references.drop(7, 'named_file:2');
  await references.close(7);
  await expect(references.add(7, 'named_file:3')).rejects.toMatchObject({ code: 'FAILED_PRECONDITION' });
  await references.reopen(7);
  await references.add(7, 'named_file:3');
});

test('of those who name a record and the one who deletes it at the same moment, only one side wins', async () => {
  const references = open();
  for (let id = 1; id <= 40; id++) {
    const [closed, ...added] = (
      await Promise.allSettled([references.close(id), references.add(id, 'a:1'), references.add(id, 'b:1')])
    ).map(codeOf);
    const both = added.map((code) => code === 'OK');
    if (closed === 'OK') expect(both).toEqual([false, false]);
    else expect([closed, both]).toEqual(['FAILED_PRECONDITION', both]);
    expect(closed === 'OK' || both.includes(true)).toBe(true);
  }
});

test('references that led to no commit are swept, the others stay', async () => {
  const references = open();
  await references.add(1, 'a:1');
  await references.add(2, 'a:2');
  await references.add(2, 'b:2');
  const last = await references.sweep(0, 100, (_id, by) => Promise.resolve(by === 'b:2'));
  expect(last).toBe(2);
  await references.close(1);
  await expect(references.close(2)).rejects.toMatchObject({ violations: [{ reason: 'is used by b:2' }] });
});
