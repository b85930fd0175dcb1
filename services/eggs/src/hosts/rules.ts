// What a host's record is made of, and how a list of hosts is asked for: by records, and by what check-ins told beside them.

import type { AddHostRequest, Host, ListHostsRequest, UpdateHostRequest } from '@egg/contract/types/eggs';
import { invalidField } from '@egg/rpc/errors';
import { type Database, type Fields, PRESENT, type Within } from '@egg/store';
import { isOnline } from '../domain/host-state.ts';
import { parseLabel } from '../domain/labels.ts';
import { inRange, isRange } from '../domain/semver.ts';
import { hostStates, type StateDocument } from './state-document.ts';

/** What a commit says of a host; the rest is beside the records. */
export type HostFields = Omit<Fields<Host>, 'status' | 'last_seen_at' | 'eggs'>;

/** The own fields of a record as commits have them. */
export function asRecord(fields: HostFields): Fields<Host> {
  return fields as Fields<Host>;
}

/** A host that is added. */
export function newHost({ name, platform, labels = {}, address = '' }: AddHostRequest): Fields<Host> {
  return asRecord({ name, platform, labels, address });
}

/** What an update leaves: all that is not named, and what enrolment made. */
export function changedHost(record: Host, { clear = [], ...request }: UpdateHostRequest): Fields<Host> {
  const { name = record.name, platform = record.platform } = request;
  const isSaid = Object.keys(request.labels ?? {}).length > 0;
  const kept = clear.includes('labels') ? {} : record.labels;
  const labels = isSaid ? (request.labels ?? {}) : kept;
  const address = clear.includes('address') ? '' : (request.address ?? record.address);
  const { enrolled_at, token_key } = record;
  return asRecord({
    name,
    platform,
    labels,
    address,
    ...(enrolled_at && { enrolled_at }),
    ...(token_key !== undefined && { token_key }),
  });
}

/** What of a list request is in the records. Throws INVALID_ARGUMENT for a label that is none. */
export function hostFilter(request: ListHostsRequest): Record<string, unknown> {
  const { platform, label = [] } = request;
  const filter: Record<string, unknown> = platform === undefined ? {} : { platform };
  for (const [index, text] of label.entries()) {
    const condition = parseLabel(text);
    const field = `label[${index}]`;
    if (!condition) throw invalidField(field, 'has to be key=value, key:value or key');
    const path = `labels.${condition.key}`;
    const wanted = condition.value ?? PRESENT;
    const before = filter[path] ?? wanted;
    if (before !== wanted && before !== PRESENT && wanted !== PRESENT)
      throw invalidField(field, 'contradicts another value of the same label');
    filter[path] = before === PRESENT ? wanted : before;
  }
  return filter;
}

/** What of a list request is in what check-ins told. Throws INVALID_ARGUMENT. */
export function hostsWithin(
  request: ListHostsRequest,
  database: Pick<Database, 'collection'>,
): Within | undefined {
  const { status, egg, version, revision } = request;
  if (version !== undefined && egg === undefined) throw invalidField('version', 'needs egg');
  if (version !== undefined && !isRange(version))
    throw invalidField('version', 'is no range of versions such as >=1.2 <2');
  if (status === undefined && egg === undefined) return undefined;
  if (revision !== undefined)
    throw invalidField(status === undefined ? 'egg' : 'status', 'is not known of the past');
  const states = hostStates(database);
  return {
    scope: [status ?? null, egg ?? null, version ?? null],
    async among({ after, to }, ids) {
      const now = new Date();
      const filter = {
        _id: ids ? { $in: [...ids] } : { $gt: after, $lte: to },
        ...(egg !== undefined && { 'eggs.egg': egg }),
      };
      const projection = { online: 1, online_until: 1, ...(egg !== undefined && { eggs: 1 }) };
      const found = await states.find(filter, { projection }).toArray();
      const reports = (state: StateDocument): boolean =>
        egg === undefined ||
        version === undefined ||
        state.eggs.some((one) => one.egg === egg && inRange(one.version, version));
      const reporting = found.filter(reports);
      const online = new Set(reporting.filter((state) => isOnline(state, now)).map(({ _id }) => _id));
      if (status === 'online') return (id) => online.has(id);
      // Who was never seen is offline, but reports no egg.
      if (egg === undefined) return (id) => !online.has(id);
      const all = new Set(reporting.map(({ _id }) => _id));
      return (id) => all.has(id) && (status === undefined || !online.has(id));
    },
  };
}

/** The records with what check-ins told of them. */
export async function withStates(
  records: readonly Host[],
  database: Pick<Database, 'collection'>,
): Promise<Host[]> {
  const ids = records.map(({ id }) => id);
  const projection = { online: 1, online_until: 1, last_seen_at: 1, eggs: 1 };
  const found = await hostStates(database)
    .find({ _id: { $in: ids } }, { projection })
    .toArray();
  const states = new Map(found.map((state) => [state._id, state]));
  const now = new Date();
  return records.map((record): Host => {
    const state = states.get(record.id);
    if (!state) return { ...record, status: 'offline', eggs: [] };
    const { last_seen_at, eggs } = state;
    const status = isOnline(state, now) ? 'online' : 'offline';
    return { ...record, status, last_seen_at, eggs: [...eggs] };
  });
}
