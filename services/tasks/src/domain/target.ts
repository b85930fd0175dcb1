// Whom a run is for: all that its target names has to hold of a host, as it is known when it checks in.

import { type InRange, readRange } from './version-range.ts';

export interface TargetInput {
  readonly hosts?: readonly number[] | undefined;
  /** For each label the values that it may have. */
  readonly labels?: Readonly<Record<string, unknown>> | undefined;
  readonly platforms?: readonly string[] | undefined;
  readonly eggs?: readonly { readonly egg: string; readonly versions?: string | undefined }[] | undefined;
}

export interface TargetHost {
  readonly id: number;
  readonly platform: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly eggs: readonly { readonly egg: string; readonly version: string }[];
}

export type Matches = (host: TargetHost) => boolean;

/** Reads a target once, for many hosts. What names nothing is every host. */
export function readTarget({ hosts = [], labels = {}, platforms = [], eggs = [] }: TargetInput): Matches {
  const [ids, systems] = [new Set(hosts), new Set(platforms)];
  const values = Object.entries(labels).map(([key, allowed]) => [key, valuesOf(allowed)] as const);
  const ranges = eggs.map(
    ({ egg, versions }) => [egg, versions === undefined ? ANY : readRange(versions)] as const,
  );
  return (host) =>
    (ids.size === 0 || ids.has(host.id)) &&
    (systems.size === 0 || systems.has(host.platform)) &&
    values.every(([key, allowed]) => Object.hasOwn(host.labels, key) && allowed.has(host.labels[key])) &&
    ranges.every(([egg, isIn]) => host.eggs.some((one) => one.egg === egg && isIn(one.version)));
}

const ANY: InRange = () => true;

function valuesOf(allowed: unknown): ReadonlySet<unknown> {
  return new Set<unknown>(Array.isArray(allowed) ? allowed : [allowed]);
}
