import { describe, expect, test } from 'vitest';
import { gone, type HostState, type Report, takeReport } from './host-state.ts';

const START = Date.UTC(2026, 0, 1);
const after = (seconds: number): Date => new Date(START + seconds * 1000);

function report(seconds: number, fields: Partial<Report> = {}): Report {
  return { hash: 'a', at: after(seconds), eggs: [], intervalSeconds: 60, ...fields };
}

function taken(before: HostState | undefined, one: Report): HostState {
  const outcome = takeReport(before, one);
  if (outcome.kind === 'other_body') throw new Error('refused');
  return outcome.state;
}

const first = taken(undefined, report(0));

test('a host is online for three of its intervals from its check-in on', () => {
  expect(first).toMatchObject({ online: true, turns: 1, last_seen_at: after(0), online_until: after(180) });
  const next = taken(first, report(60, { intervalSeconds: 30 }));
  expect(next).toMatchObject({ online: true, turns: 1, last_seen_at: after(60) });
});

test('a host that was gone and comes again has turned twice', () => {
  const away = gone(first);
  expect(away).toMatchObject({ online: false, turns: 2 });
  expect(taken(away, report(600))).toMatchObject({ online: true, turns: 3, online_until: after(780) });
});

test('a host that was overdue has gone and come, though nobody saw it go', () => {
  expect(taken(first, report(180)).turns).toBe(1);
  expect(taken(first, report(181))).toMatchObject({ online: true, turns: 3 });
});

test('an egg has been there since it was first reported in its version', () => {
  const one = taken(undefined, report(0, { eggs: [{ egg: 'a', version: '1.0.0' }] }));
  const eggs = [
    { egg: 'b', version: '1.0.0' },
    { egg: 'a', version: '1.0.0' },
  ];
  const two = taken(one, report(60, { hash: 'b', eggs }));
  expect(two.eggs).toEqual([
    { egg: 'b', version: '1.0.0', since: after(60) },
    { egg: 'a', version: '1.0.0', since: after(0) },
  ]);
  const three = taken(two, report(120, { hash: 'c', eggs: [{ egg: 'a', version: '1.0.1' }] }));
  expect(three.eggs).toEqual([{ egg: 'a', version: '1.0.1', since: after(120) }]);
});

describe('a check-in that comes twice', () => {
  test('is known by its body within half of the interval, and is a new one after that', () => {
    expect(takeReport(first, report(29)).kind).toBe('known');
    expect(takeReport(first, report(30)).kind).toBe('new');
    expect(takeReport(first, report(1, { hash: 'b' })).kind).toBe('new');
  });

  test('is known by its key also later and after others, and changes nothing but when the host was seen', () => {
    const eggs = [{ egg: 'a', version: '1.0.0' }];
    const one = taken(undefined, report(0, { key: 'k1', eggs }));
    const two = taken(one, report(60, { key: 'k2', hash: 'b', eggs: [] }));
    const again = takeReport(two, report(100, { key: 'k1', eggs }));
    expect(again).toMatchObject({ kind: 'seen', state: { eggs: [], last_seen_at: after(100) } });
    expect(takeReport(two, report(61, { key: 'k1', eggs })).kind).toBe('known');
  });

  test('with another body under the same key is refused, and the same body under another key is a new one', () => {
    const one = taken(undefined, report(0, { key: 'k1' }));
    expect(takeReport(one, report(1, { key: 'k1', hash: 'b' })).kind).toBe('other_body');
    expect(takeReport(one, report(1, { key: 'k2' })).kind).toBe('new');
    expect(takeReport(one, report(1)).kind).toBe('new');
  });

  test('brings a host back that was gone', () => {
    const one = gone(taken(undefined, report(0, { key: 'k1' })));
    expect(takeReport(one, report(400, { key: 'k1' }))).toMatchObject({
      kind: 'seen',
      state: { online: true, turns: 3 },
    });
  });
});

test('a replica whose clock is behind takes no time away', () => {
  const ahead = taken(undefined, report(100));
  expect(taken(ahead, report(98, { hash: 'b' }))).toMatchObject({
    last_seen_at: after(100),
    online_until: after(280),
  });
});
