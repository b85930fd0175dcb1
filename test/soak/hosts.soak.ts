// Ten thousand hosts check in at once, 200 of them really enrolled.

import { expect, test } from 'vitest';
import { startStack } from '@egg/testing';
import { checkInMany } from '../scenarios/many-hosts.ts';

const stack = await startStack({ eggs: 1 });

test('10,000 hosts check in through one gateway, none is lost, and each page costs the same', async () => {
  const { checkInSeconds, pageMs } = await checkInMany(stack, { enrolled: 200, made: 9800 });
  const pages = pageMs.map((ms) => ms.toFixed(0)).join(', ');
  console.log(`10,000 check-ins in ${checkInSeconds.toFixed(1)} s; pages of 1,000 took ${pages} ms`);
  expect(Math.max(...pageMs.slice(-3))).toBeLessThan(5 * Math.max(...pageMs.slice(0, 3)));
});
