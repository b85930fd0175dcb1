// Every case, by the name that selects it. A new one is a file beside this and a line here.

import type { Case } from '../model.ts';
import type { Stack } from '../stack.ts';
import { addThroughGateway } from './add-gateway.ts';
import { addInside } from './add-inside.ts';
import { addOneCaller } from './add-one-caller.ts';
import { checkHit, checkMiss } from './check.ts';
import { counterInside } from './counter-inside.ts';
import { checkInWithoutWork, runStart } from './fleets.ts';
import { importRows } from './import.ts';

/** Prepares a case: only then are the processes started that it needs. */
export type PrepareCase = (stack: Stack) => Promise<Case>;

export const CASES: Readonly<Record<string, PrepareCase>> = {
  'add-inside': addInside,
  'add-gateway': addThroughGateway,
  'add-one-caller': addOneCaller,
  'counter-inside': counterInside,
  import: importRows,
  'check-hit': checkHit,
  'check-miss': checkMiss,
  'check-in': checkInWithoutWork,
  'run-start': runStart,
};
