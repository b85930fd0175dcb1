// Away from changes of the clock two libraries that know nothing of each other have the last word: each expression of the corpus, in
// each zone and from each start, is due when both say so. At the changes they follow other rules than ours; those are in
// `cron-changes.test.ts`.

import { Cron as Croner } from 'croner';
import { CronExpressionParser } from 'cron-parser';
import { describe, expect, test } from 'vitest';
import { parseCron } from './cron.ts';
import { nextCron } from './cron-next.ts';

const TIMES = [
  '* *',
  '0 *',
  '*/7 *',
  '30 2',
  '15,45 */6',
  '0 0',
  '59 23',
  '5-50/9 9-17',
  '0-59/30 1,13',
  '20 4-22/3',
  '10 30 12',
  '*/20 59 *',
  '0,59 0-5 3,15',
];
const DATES = [
  '* * *',
  '1 * *',
  '*/10 * *',
  '31 * *',
  '29 2 *',
  '10-20/5 JAN-JUN *',
  '30 4,6,9,11 *',
  '* 2 *',
  '* */5 *',
  '* * MON-FRI',
  '* * 0',
  '* * 7',
  '* * */2',
  '* * 5-7',
  '* DEC SAT',
  '* 3-9/2 TUE,THU',
  // Both given: either.
  '1 * MON',
  '13 * FRI',
  '31 2 WED',
  '*/15 6-8 SUN,SAT',
  '1-31 * MON',
];
const CORPUS = DATES.flatMap((date) => TIMES.map((time) => `${time} ${date}`));

const ZONES = [
  'UTC',
  'America/New_York',
  'Europe/London',
  'Australia/Lord_Howe',
  'Asia/Kathmandu',
  'Pacific/Apia',
  'America/Sao_Paulo',
  'Pacific/Marquesas',
];
const STARTS = ['2026-01-15T00:00:00.000Z', '2027-06-30T23:59:59.999Z', '2028-02-28T13:37:42.500Z'];
const EACH = 2;
const DAY_MS = 86_400_000;

/** Read by one library alone, so that one is enough: cron-parser takes a week's end in Sunday by its number only. */
const ONLY_CRONER = ['0 12 * * FRI-SUN', '0 0 1 * SAT-SUN'];

const clocks = new Map(
  ZONES.map((zone) => [
    zone,
    new Intl.DateTimeFormat('en-GB', { timeZone: zone, timeZoneName: 'longOffset', hour: 'numeric' }),
  ]),
);

/** Whether the zone's offset is another a day before or a day after. */
function isNearChange(zone: string, instant: Date): boolean {
  const offsets = [-DAY_MS, 0, DAY_MS].map((ms) => {
    const parts = clocks.get(zone)?.formatToParts(instant.getTime() + ms);
    return parts?.find(({ type }) => type === 'timeZoneName')?.value;
  });
  return new Set(offsets).size > 1;
}

function byCroner(text: string, zone: string, after: Date): Date | undefined {
  return new Croner(text, { timezone: zone, paused: true }).nextRun(after) ?? undefined;
}

function byCronParser(text: string, zone: string, after: Date): Date {
  return CronExpressionParser.parse(text, { tz: zone, currentDate: after }).next().toDate();
}

function byUs(text: string, zone: string, after: Date): Date | undefined {
  const reading = parseCron(text);
  if (!reading.ok) throw new Error(`${text} ${reading.reason}`);
  return nextCron(reading.cron, zone, after);
}

/** Compares some due times in a row; those near a change are gone past, and counted. */
function compare(text: string, zone: string, start: string, libraries: (typeof byUs)[]) {
  let after = new Date(start);
  let [compared, passed] = [0, 0];
  for (let place = 0; place < EACH; place++) {
    const ours = byUs(text, zone, after);
    if (ours === undefined) throw new Error(`${text} is never due`);
    if (isNearChange(zone, ours) || isNearChange(zone, after)) {
      passed += 1;
    } else {
      compared += 1;
      for (const library of libraries) {
        const theirs = library(text, zone, after)?.toISOString();
        const where = `${text} in ${zone} after ${after.toISOString()}, by ${library.name}`;
        expect(`${where}: ${theirs}`).toBe(`${where}: ${ours.toISOString()}`);
      }
    }
    after = ours;
  }
  return { compared, passed };
}

test('the corpus has more than 200 expressions, each once', () => {
  expect(new Set(CORPUS).size).toBe(CORPUS.length);
  expect(CORPUS.length).toBeGreaterThan(200);
});

describe('croner and cron-parser say the same', () => {
  test.each(ZONES)('in %s', { timeout: 120_000 }, (zone) => {
    let [compared, passed] = [0, 0];
    for (const text of CORPUS) {
      for (const start of STARTS) {
        const counts = compare(text, zone, start, [byCroner, byCronParser]);
        compared += counts.compared;
        passed += counts.passed;
      }
    }
    expect(compared + passed).toBe(CORPUS.length * STARTS.length * EACH);
    // Few of them are near a change, so that nearly everything was compared.
    expect(passed / compared).toBeLessThan(0.03);
  });

  test.each(ONLY_CRONER)('croner, of %s, which cron-parser does not read', (text) => {
    expect(() => byCronParser(text, 'UTC', new Date())).toThrow('Invalid range');
    for (const zone of ZONES) for (const start of STARTS) compare(text, zone, start, [byCroner]);
  });
});
