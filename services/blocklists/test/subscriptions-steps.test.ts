// What a list may do to its source, and when it is fetched next.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Subscription } from '@egg/contract/types/blocklists';
import { ask, claim, end, release, renew } from '../src/subscriptions/fetch-steps.ts';
import { nextFetch } from '../src/subscriptions/next-fetch.ts';
import { followDeletion, followRecord } from '../src/subscriptions/record-steps.ts';
import type { StateDocument } from '../src/subscriptions/state-document.ts';
import { judge } from '../src/subscriptions/verdict.ts';

const NOW = new Date('2026-11-24T12:00:00Z');
const at = (seconds: number): Date => new Date(NOW.getTime() + seconds * 1000);

describe('a list', () => {
  const counts = { there: 0, added: 0, existing: 0, removed: 0, refused: 0, errors: [] };
  const kindOf = (given: Partial<typeof counts>, accepted?: number): string =>
    judge({ ...counts, ...given }, accepted).kind;

  test('of which nothing can be read, or more than half is refused, has failed', () => {
    expect(kindOf({})).toBe('fail');
    expect(kindOf({ refused: 1 })).toBe('fail');
    expect(kindOf({ added: 10, refused: 10 })).toBe('import');
    expect(kindOf({ added: 10, refused: 11 })).toBe('fail');
  });

  test('that shrinks by more than half is held back, where there were a hundred entries', () => {
    expect(kindOf({ there: 100, existing: 50, removed: 50 })).toBe('import');
    expect(kindOf({ there: 100, existing: 49, removed: 51 })).toBe('hold');
    expect(kindOf({ there: 100, existing: 20, removed: 80, added: 30 })).toBe('import');
    expect(kindOf({ there: 99, existing: 1, removed: 98 })).toBe('import');
  });

  test('that was let in is measured against itself from then on', () => {
    expect(kindOf({ there: 1000, existing: 100, removed: 900 }, 100)).toBe('import');
    expect(kindOf({ there: 1000, existing: 90, removed: 910 }, 100)).toBe('import');
    expect(kindOf({ there: 1000, existing: 40, removed: 960 }, 100)).toBe('hold');
  });
});

describe('the next fetch', () => {
  const subscription = { name: 'a', refreshSeconds: 86_400, at: NOW };

  test('is a refresh time later, and at most a tenth or an hour more, always the same for a name', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 60, max: 2_592_000 }), (name, refreshSeconds) => {
        const next = nextFetch({ name, refreshSeconds, at: NOW, failures: 0 });
        expect(next).toEqual(nextFetch({ name, refreshSeconds, at: NOW, failures: 0 }));
        expect(next.getTime()).toBeGreaterThanOrEqual(at(refreshSeconds).getTime());
        const most = refreshSeconds + Math.min(refreshSeconds * 0.1, 3600);
        expect(next.getTime()).toBeLessThanOrEqual(at(most).getTime());
      }),
    );
  });

  test('of a thousand subscriptions does not come at once', () => {
    const minutes = Array.from({ length: 1000 }, (_, index) =>
      Math.floor(nextFetch({ ...subscription, name: `list ${index}`, failures: 0 }).getTime() / 60_000),
    );
    const most = Math.max(...[...Map.groupBy(minutes, (minute) => minute).values()].map((one) => one.length));
    expect(most).toBeLessThan(40);
  });

  test('after failures comes after five minutes, then twice as late each time, up to the refresh time', () => {
    const secondsAfter = (failures: number, refreshSeconds = 86_400): number =>
      (nextFetch({ ...subscription, refreshSeconds, failures }).getTime() - NOW.getTime()) / 1000;
    for (const [failures, seconds] of [
      [1, 300],
      [2, 600],
      [3, 1200],
      [9, 76_800],
      [10, 86_400],
      [99, 86_400],
    ] as const) {
      expect(secondsAfter(failures)).toBeGreaterThanOrEqual(seconds);
      expect(secondsAfter(failures)).toBeLessThanOrEqual(seconds * 1.1);
    }
    expect(secondsAfter(1, 60)).toBeLessThanOrEqual(66);
  });
});

describe('a state', () => {
  const record: Subscription = {
    id: 1,
    revision: 1,
    name: 'a',
    url: 'http://a.example/',
    format: 'auto',
    refresh_seconds: 3600,
    enabled: true,
    created_at: NOW,
    updated_at: NOW,
  };
  const some = (state: StateDocument | undefined): StateDocument => {
    if (!state) throw new Error('there is no step');
    return state;
  };
  const fresh = some(followRecord(undefined, record, NOW, { from: '', request_id: 'r' }));
  const claimed = some(claim(fresh, 'me', at(20), NOW));
  const done = some(
    end(claimed, claimed, { kind: 'ok', facts: { sha256: 'x', etag: '"1"' }, hasChanged: true }, at(1)),
  );

  test('is due at once, claimed once, and due again when the claim runs out', () => {
    expect(fresh).toMatchObject({ status: 'never', due_at: NOW, cause: { request_id: 'r' } });
    expect(claim(claimed, 'other', at(30), at(10))).toBeUndefined();
    const taken = some(claim(claimed, 'other', at(50), at(21)));
    expect(renew(taken, 'me', at(60))).toBeUndefined();
    expect(end(taken, claimed, { kind: 'failed', reason: 'late' }, at(22))).toBeUndefined();
    expect(release(claimed, 'me')).toMatchObject({ due_at: NOW });
  });

  test('that follows an older commit stays as it is', () => {
    expect(followRecord(done, record, at(2))).toBeUndefined();
    expect(followDeletion(done, 1, at(2))).toBeUndefined();
  });

  test('forgets what it knew of the list with another url or format, and is fetched at once', () => {
    for (const other of [{ url: 'http://b.example/' }, { format: 'hosts' as const }]) {
      const changed = some(followRecord(done, { ...record, ...other, revision: 2 }, at(10)));
      expect(changed).toMatchObject({ due_at: at(10), next_fetch_at: at(10) });
      expect(changed.etag ?? changed.sha256).toBeUndefined();
    }
  });

  test('is not fetched while it is not enabled, and at its old time after that', () => {
    const off = some(followRecord(done, { ...record, enabled: false, revision: 2 }, at(10)));
    expect(off).toMatchObject({ due_at: null, next_fetch_at: null, etag: '"1"' });
    const on = some(followRecord(off, { ...record, revision: 3 }, at(20)));
    expect(on.next_fetch_at).toEqual(done.next_fetch_at);
    const asked = some(ask(off, at(30), { cause: { from: '', request_id: 'q' }, isForced: false }));
    const fetched = some(claim(asked, 'me', at(50), at(30)));
    expect(end(fetched, fetched, { kind: 'unchanged', validators: {} }, at(31))).toMatchObject({
      due_at: null,
      status: 'unchanged',
    });
  });

  test('whose record changes while it is fetched is fetched again', () => {
    const changed = some(followRecord(claimed, { ...record, url: 'http://b.example/', revision: 2 }, at(3)));
    expect(changed).toMatchObject({ claim: 'me', due_at: at(20) });
    const over = some(end(changed, claimed, { kind: 'failed', reason: 'gone' }, at(4)));
    expect(over).toMatchObject({ status: 'never', fetches: 0, due_at: at(3) });
  });

  test('that is asked for while it is fetched is fetched once more', () => {
    const asked = some(ask(claimed, at(2), { cause: { from: '', request_id: 'q' }, isForced: true }));
    const over = some(end(asked, claimed, { kind: 'unchanged', validators: {} }, at(3)));
    expect(over).toMatchObject({ fetches: 1, due_at: at(3), forced: true, cause: { request_id: 'q' } });
    expect(over.again).toBeUndefined();
  });

  test('of a deleted subscription is there until its entries are gone, or gone at once', () => {
    const removing = some(followDeletion(done, 2, at(5)));
    expect(removing).toMatchObject({ phase: 'removing', due_at: at(5) });
    const taken = some(claim(removing, 'me', at(25), at(5)));
    expect(end(taken, taken, { kind: 'removed' }, at(6))).toMatchObject({ phase: 'gone', due_at: null });
    expect(followDeletion({ ...done, keep_entries: true }, 2, at(5))).toMatchObject({ phase: 'gone' });
  });

  test('keeps since when it is held, and a failure in between does not let it go', () => {
    const held = { added: 0, removed: 90, entries: 10 };
    const again = (state: StateDocument, how: Parameters<typeof end>[2], second: number): StateDocument => {
      const asked = some(ask(state, at(second), { cause: { from: '', request_id: '' }, isForced: false }));
      const taken = some(claim(asked, 'me', at(second + 20), at(second)));
      return some(end(taken, taken, how, at(second)));
    };
    const first = again(done, { kind: 'held', held }, 10);
    const failed = again(first, { kind: 'failed', reason: 'away' }, 20);
    expect(failed).toMatchObject({
      status: 'failed',
      last_error: 'away',
      failures: 1,
      held: { since: at(10) },
    });
    const second = again(failed, { kind: 'held', held }, 30);
    expect(second).toMatchObject({ status: 'held', failures: 0, held: { since: at(10) } });
    expect(second.last_error).toBeUndefined();
    expect(again(second, { kind: 'unchanged', validators: {} }, 40).held).toBeUndefined();
  });
});
