// A fleet checks in at once; test/soak has ten times as many.

import { expect, test } from 'vitest';
import { startStack } from '@egg/testing';
import { checkInMany } from './scenarios/many-hosts.ts';

const stack = await startStack({ eggs: 1 });

test('a thousand hosts check in through one gateway, none is lost, and the list pages over them', async () => {
  const { pageMs } = await checkInMany(stack, { enrolled: 100, made: 900 });
  expect(pageMs.length).toBeLessThanOrEqual(2);
}, 120_000);
