// Whether a name is blocked, asked of a list of a million in memory: the service's own table against a JS Set of the names, both by
// the name and every name above it.

import { filledLookup, generatedNames } from '@egg/blocklists/lookup';
import type { Case, Measured } from '../model.ts';
import { ROUND_MS } from './baselines.ts';

const NAMES = 1_000_000;
/** Asked for in one go, so that the clock is not what is measured. */
const ASKED = 100_000;

/** Names that are on the list, with a label before them: the way a list is asked in life. */
export function checkHit(): Promise<Case> {
  return check('hit', (names) => names.filter((_, index) => index % 10 === 0).map((name) => `www.${name}`));
}

/** Names that are not. */
export function checkMiss(): Promise<Case> {
  return check('miss', () => generatedNames(ASKED, 2).map((name) => `x.${name}.test`));
}

let filled:
  { names: string[]; lookup: ReturnType<typeof filledLookup>; set: Set<string>; told: string } | undefined;

function fill(): NonNullable<typeof filled> {
  const names = generatedNames(NAMES);
  const started = performance.now();
  const lookup = filledLookup(names);
  const seconds = ((performance.now() - started) / 1000).toFixed(2);
  const bytes = (lookup.bytes / NAMES).toFixed(1);
  const told = `${NAMES.toLocaleString('en')} names, built in ${seconds} s, ${bytes} bytes a name`;
  return { names, lookup, set: new Set(names), told };
}

function check(kind: string, asked: (names: readonly string[]) => string[]): Promise<Case> {
  filled ??= fill();
  const { names, lookup, set, told } = filled;
  const questions = asked(names);
  const now = Date.now();
  const measured = (name: string, what: string, ask: (question: string) => boolean): Measured => ({
    name: `${name}, ${kind}`,
    what,
    round: () => Promise.resolve(askAll(questions, ask)),
    processes: () => ({ lookup: process.pid }),
  });
  const isBlocked = (question: string): boolean => lookup.find(question, now) >= 0;
  return Promise.resolve({
    ...measured('check', `a check inside the service, ${told}`, isBlocked),
    baseline: measured('Set', 'a JS Set of the names, asked for the name and each one above it', (question) =>
      inSet(set, question),
    ),
    aim: 4,
  });
}

function askAll(
  questions: readonly string[],
  ask: (question: string) => boolean,
): { ops: number; seconds: number } {
  const started = performance.now();
  let ops = 0;
  let blocked = 0;
  while (performance.now() - started < ROUND_MS) {
    for (const question of questions) if (ask(question)) blocked++;
    ops += questions.length;
  }
  if (blocked !== 0 && blocked !== ops) throw new Error(`${blocked} of ${ops} are blocked, not all or none`);
  return { ops, seconds: (performance.now() - started) / 1000 };
}

function inSet(set: ReadonlySet<string>, name: string): boolean {
  for (let at = 0; ;) {
    if (set.has(at === 0 ? name : name.slice(at))) return true;
    const dot = name.indexOf('.', at);
    if (dot === -1) return false;
    at = dot + 1;
  }
}
