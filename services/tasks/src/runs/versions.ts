// The versions that hosts are brought back to, found by the egg and the text of the version and remembered for a while.

import type { Egg, EggVersion } from '@egg/contract/types/eggs';
import type { RunVersion } from '@egg/contract/types/tasks';
import type { ServiceParts } from '@egg/service';
import { copyVersion, type Read } from './copies.ts';

export interface VersionsParts {
  readonly others: Pick<ServiceParts['others'], 'call'>;
  readonly read: Read;
}

const KEPT_MS = 10_000;
const MOST = 1000;
const PAGE = 1000;

export class Versions {
  readonly #parts: VersionsParts;
  readonly #known = new Map<
    string,
    { readonly until: number; readonly found: Promise<RunVersion | undefined> }
  >();

  constructor(parts: VersionsParts) {
    this.#parts = parts;
  }

  /** A version that can be installed; undefined where there is none. Throws UNAVAILABLE where that cannot be known. */
  find(eggId: number, version: string): Promise<RunVersion | undefined> {
    const key = `${eggId} ${version}`;
    const known = this.#known.get(key);
    if (known && known.until > Date.now()) return known.found;
    if (this.#known.size >= MOST) this.#known.clear();
    const found = this.#read(eggId, version);
    this.#known.set(key, { until: Date.now() + KEPT_MS, found });
    found.catch(() => this.#known.delete(key));
    return found;
  }

  async #read(egg_id: number, version: string): Promise<RunVersion | undefined> {
    const egg = await this.#parts.read<Egg>('eggs', egg_id);
    if (!egg) return undefined;
    for (let cursor: string | undefined; ;) {
      const page = await this.#parts.others.call<{ data: EggVersion[]; next_cursor?: string }>(
        'egg.eggs.v1.EggVersionService',
        'List',
        { egg_id, q: version, limit: PAGE, ...(cursor !== undefined && { cursor }) },
      );
      const found = page.data.find((one) => one.version === version);
      if (found) return found.state === 'published' ? copyVersion(this.#parts.read, egg, found) : undefined;
      cursor = page.next_cursor;
      if (cursor === undefined) return undefined;
    }
  }
}
