// A real blocklist added by many callers, and what has to be there afterwards: in the list, in the changes and on the bus.

import { expect } from 'vitest';
import {
  applyChanges,
  byCallers,
  type DomainEntry,
  foldEvents,
  type HttpClient,
  readChanges,
  readEvents,
  readList,
  sorted,
  type Stack,
} from '@egg/testing';
import type { Name } from './real-names.ts';

const CALLERS = 64;

/** What the callers were answered, by the canonical name. */
export interface Added {
  readonly entries: ReadonlyMap<string, DomainEntry>;
  readonly refused: number;
  readonly existing: number;
}

/** Adds the names and checks each answer against what the name is. Of names that are the same, exactly one is added. */
export async function addNames(gateways: readonly HttpClient[], names: readonly Name[]): Promise<Added> {
  const entries = new Map<string, DomainEntry>();
  let existing = 0;
  let refused = 0;
  await byCallers(CALLERS, names, async (name, index) => {
    const http = gateways[index % gateways.length] as HttpClient;
    const { httpStatus, body } = await http.post<DomainEntry>('/domain/add', { domain: name.text });
    const what = `${name.text}: ${JSON.stringify(body)}`;
    if (name.canonical === undefined) {
      refused++;
      expect([httpStatus, body.status, body.code], what).toEqual([400, 1, 'INVALID_ARGUMENT']);
      expect(body.errors, what).toHaveLength(1);
      expect(body.errors?.[0]?.field, what).toBe('domain');
      expect(body.errors?.[0]?.reason, what).toMatch(name.refused ?? /./);
    } else if (body.status === 0) {
      expect(body.data, what).toMatchObject({
        domain: name.canonical,
        match: 'subdomains',
        action: 'block',
        sources: ['manual'],
        enabled: true,
      });
      expect(entries.has(name.canonical), `${what} was added before`).toBe(false);
      entries.set(name.canonical, body.data);
    } else {
      expect([httpStatus, body.code], what).toEqual([409, 'ALREADY_EXISTS']);
      expect(body.msg, what).toMatch(/has this entry already/);
      existing++;
    }
  });
  const canonical = new Set(names.flatMap((name) => name.canonical ?? []));
  expect(new Set(entries.keys())).toEqual(canonical);
  return { entries, refused, existing };
}

/** Checks that list, changes and bus have exactly these entries, as the only commits that there ever were. */
export async function expectEverywhere(stack: Pick<Stack, 'gateways' | 'bus'>, added: Added): Promise<void> {
  const model = [...added.entries.values()].sort((a, b) => a.id - b.id);
  const head = model.length;
  expect(new Set(model.map(({ id }) => id)).size).toBe(head);
  for (const http of stack.gateways) {
    const { body } = await http.get<DomainEntry[]>('/domain/list?limit=1');
    expect(body).toMatchObject({ total: head, total_exact: true });
    expect(sorted(await readList(http, '/domain/list'))).toEqual(model);
    const whole = await readChanges(http, '/domain/changes', 0);
    expect(whole).toMatchObject({ from: 0, to: head, snapshot: true, removed: [] });
    expect(sorted(applyChanges(new Map(), whole))).toEqual(model);
    const since = head - Math.min(500, Math.floor(head / 3));
    const late = await readChanges(http, '/domain/changes', since);
    expect(late).toMatchObject({ from: since, to: head, snapshot: false, removed: [] });
    expect([...late.added].sort((a, b) => a.id - b.id)).toEqual(
      model.filter(({ revision }) => revision > since),
    );
  }
  const events = await readEvents<DomainEntry>(stack.bus, 'domain_block', head);
  expect(events.map(({ event }) => event.data.after?.revision)).toEqual(model.map((_, index) => index + 1));
  expect(sorted(foldEvents(events))).toEqual(model);
  const steps = await readEvents(stack.bus, 'counter_for_domain', head);
  expect(steps.map(({ event }) => event.data.value)).toEqual(model.map((_, index) => index + 1));
}
