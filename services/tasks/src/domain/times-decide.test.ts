// Each due time is decided once: it fires, or it was missed; and a long rest costs no more than a short one.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decideDue, type DuePolicy } from './times-decide.ts';
import { previewTimes, readTiming, type TimingInput } from './times.ts';

const POLICY: DuePolicy = { scheduleId: 1, jitterSeconds: 0, catchUpSeconds: 600 };
const created_at = new Date('2026-05-01T00:00Z');

function read(input: Omit<TimingInput, 'created_at'>) {
  const reading = readTiming({ ...input, created_at });
  if (!reading.ok) throw new Error(`${reading.field} ${reading.reason}`);
  return reading.timing;
}

function at(time: string): Date {
  return new Date(`2026-05-01T${time}Z`);
}

const everyMinute = read({ cron: '* * * * *' });

describe('what has come since the last decision', () => {
  test('is nothing yet', () => {
    expect(decideDue(everyMinute, at('12:00'), at('12:00:59.999'), POLICY)).toBeUndefined();
  });

  test('fires, if it is one', () => {
    expect(decideDue(everyMinute, at('12:00'), at('12:01'), POLICY)).toEqual({
      fires: { due: at('12:01'), at: at('12:01') },
      last: at('12:01'),
    });
  });

  test('fires once, if it is several; the others are missed', () => {
    expect(decideDue(everyMinute, at('12:00'), at('12:05:30'), POLICY)).toEqual({
      missed: { count: 4, first: at('12:01'), last: at('12:04') },
      fires: { due: at('12:05'), at: at('12:05') },
      last: at('12:05'),
    });
  });

  test('fires if it is as old as catch_up_seconds, and is missed if it is older', () => {
    const daily = read({ cron: '0 12 * * *' });
    const due = at('12:00');
    expect(decideDue(daily, created_at, at('12:10'), POLICY)).toEqual({
      fires: { due, at: due },
      last: due,
    });
    expect(decideDue(daily, created_at, at('12:10:00.001'), POLICY)).toEqual({
      missed: { count: 1, first: due, last: due },
      last: due,
    });
  });

  test('fires without any catching up too, if it is decided promptly', () => {
    const policy = { ...POLICY, catchUpSeconds: 0 };
    expect(decideDue(everyMinute, at('12:00'), at('12:01:01'), policy)?.fires?.due).toEqual(at('12:01'));
    expect(decideDue(everyMinute, at('12:00'), at('12:01:03'), policy)?.fires).toBeUndefined();
  });

  test('is as old as the moment at which it was to fire, jitter included', () => {
    const daily = read({ cron: '0 12 * * *' });
    const policy = { ...POLICY, jitterSeconds: 3600, catchUpSeconds: 60 };
    const fires = decideDue(daily, created_at, at('12:00'), policy)?.fires;
    if (!fires) throw new Error('nothing fires');
    expect(fires.due).toEqual(at('12:00'));
    expect(fires.at.getTime()).toBeGreaterThan(at('12:00').getTime() + 60_000);
    // Nothing ran at noon, but the moment to fire is still to come, or is just over.
    for (const lateMs of [-1000, 60_000]) {
      const now = new Date(fires.at.getTime() + lateMs);
      expect(decideDue(daily, created_at, now, policy)?.fires).toEqual(fires);
    }
    const tooLate = new Date(fires.at.getTime() + 60_001);
    expect(decideDue(daily, created_at, tooLate, policy)?.fires).toBeUndefined();
  });

  test('costs little, however much it is', () => {
    const everySecond = read({ cron: '* * * * * *', time_zone: 'Europe/London' });
    const [from, now] = [new Date('2026-03-01T00:00Z'), new Date('2026-04-01T00:00Z')];
    const begun = performance.now();
    const decision = decideDue(everySecond, from, now, POLICY);
    expect(performance.now() - begun).toBeLessThan(1000);
    expect(decision).toEqual({
      missed: {
        count: 31 * 86_400 - 1,
        first: new Date('2026-03-01T00:00:01Z'),
        last: new Date(+now - 1000),
      },
      fires: { due: now, at: now },
      last: now,
    });
  });
});

test('however often it is asked, each due time is decided exactly once, and in order', () => {
  fc.assert(
    fc.property(
      fc.constantFrom<Omit<TimingInput, 'created_at'>>(
        { cron: '*/3 * * * *' },
        { cron: '7,8,30 * * * * *' },
        { every_seconds: 45 },
        { at: at('00:40') },
      ),
      fc.array(fc.integer({ min: 1, max: 2_000_000 }), { maxLength: 12 }),
      fc.constantFrom(0, 60, 600),
      fc.constantFrom(0, 90),
      (input, pauses, catchUpSeconds, jitterSeconds) => {
        const timing = read(input);
        let now = created_at;
        let decided = created_at;
        const fates = new Map<number, string>();
        for (const pause of pauses) {
          now = new Date(now.getTime() + pause);
          const decision = decideDue(timing, decided, now, { scheduleId: 3, catchUpSeconds, jitterSeconds });
          if (!decision) continue;
          const { missed, fires, last } = decision;
          const gone = missed ? previewTimes(timing, new Date(+missed.first - 1), missed.count) : [];
          if (missed) expect(gone.at(-1)).toEqual(missed.last);
          for (const time of fires ? [...gone, fires.due] : gone) {
            expect(fates.has(+time)).toBe(false);
            expect(+time).toBeGreaterThan(+decided);
            fates.set(+time, 'decided');
          }
          expect(last).toEqual(fires?.due ?? missed?.last);
          decided = last;
        }
        const all = previewTimes(timing, created_at, 10_000).filter((time) => time <= now);
        expect([...fates.keys()]).toEqual(all.map(Number));
      },
    ),
    { numRuns: 60 },
  );
});
