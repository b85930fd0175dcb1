// The versions of each egg in order of precedence, in memory: a database sorts text, and by text 1.10.0 comes before 1.9.0.

import type { EggVersion } from '@egg/contract/types/eggs';
import type { Commit, Follower } from '@egg/store';
import { compareVersions } from '../domain/semver.ts';

type State = EggVersion['state'];

/** A place in the order. */
export interface Place {
  readonly id: number;
  readonly version: string;
}

export type Ordered = Place & { readonly state: State };

interface Part {
  readonly descending: boolean;
  readonly state?: State;
  /** The place behind which it begins; nobody has to be there any more. */
  readonly behind?: Place;
  readonly limit: number;
}

/** Sorted where it is not said otherwise: what a start finds is sorted once, when it is first needed. */
interface OfEgg {
  places: Ordered[];
  isSorted: boolean;
}

export class VersionOrder implements Follower<EggVersion> {
  readonly fields = ['egg_id', 'version', 'state'] as const;
  readonly #eggs = new Map<number, OfEgg>();

  load({ id, egg_id, version, state }: Pick<EggVersion, 'id' | 'egg_id' | 'version' | 'state'>): void {
    const egg = this.#eggs.get(egg_id) ?? { places: [], isSorted: true };
    egg.places.push({ id, version, state });
    egg.isSorted = false;
    this.#eggs.set(egg_id, egg);
  }

  apply({ changes }: Pick<Commit<EggVersion>, 'changes'>): void {
    for (const { before } of changes) if (before) this.#drop(before);
    for (const { after } of changes) if (after) this.#put(after);
  }

  /** How many versions of an egg there are, in a state. */
  count(eggId: number, state?: State): number {
    const { places } = this.#sorted(eggId);
    return state === undefined ? places.length : places.filter((place) => place.state === state).length;
  }

  /** The next versions of an egg, at most `limit`, from one end. Equal ones are in order of their text, then of their id. */
  part(eggId: number, { descending, state, behind, limit }: Part): Ordered[] {
    const { places } = this.#sorted(eggId);
    const step = descending ? -1 : 1;
    const part: Ordered[] = [];
    for (let at = begin(places, descending, behind); part.length < limit; at += step) {
      const place = places[at];
      if (!place) break;
      if (state === undefined || place.state === state) part.push(place);
    }
    return part;
  }

  #sorted(eggId: number): OfEgg {
    const egg = this.#eggs.get(eggId) ?? { places: [], isSorted: true };
    if (!egg.isSorted) egg.places.sort(comparePlaces);
    egg.isSorted = true;
    return egg;
  }

  #put({ id, egg_id, version, state }: EggVersion): void {
    const egg = this.#sorted(egg_id);
    const place = { id, version, state };
    const at = indexOf(egg.places, place);
    egg.places.splice(at, isAt(egg.places, at, place) ? 1 : 0, place);
    this.#eggs.set(egg_id, egg);
  }

  /** Only this very version goes: after a start its record may be somewhere else by now. */
  #drop({ id, egg_id, version }: EggVersion): void {
    const { places } = this.#sorted(egg_id);
    const at = indexOf(places, { id, version });
    if (isAt(places, at, { id, version })) places.splice(at, 1);
    if (places.length === 0) this.#eggs.delete(egg_id);
  }
}

function comparePlaces(a: Place, b: Place): number {
  return compareVersions(a.version, b.version) || compareTexts(a.version, b.version) || a.id - b.id;
}

function compareTexts(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

/** Where the first one behind a place is, going one way. */
function begin(places: readonly Place[], descending: boolean, behind: Place | undefined): number {
  if (!behind) return descending ? places.length - 1 : 0;
  const at = indexOf(places, behind);
  if (descending) return at - 1;
  return isAt(places, at, behind) ? at + 1 : at;
}

function isAt(places: readonly Place[], at: number, wanted: Place): boolean {
  const place = places[at];
  return place !== undefined && place.id === wanted.id && place.version === wanted.version;
}

/** Where a place is, or would be. */
function indexOf(places: readonly Place[], wanted: Place): number {
  let [from, to] = [0, places.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    const place = places[middle];
    if (place && comparePlaces(place, wanted) < 0) from = middle + 1;
    else to = middle;
  }
  return from;
}
