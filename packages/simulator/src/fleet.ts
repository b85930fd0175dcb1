// The simulated hosts, in little memory: what is the same for many is kept once.

import { percentOf } from './chance.ts';

export interface Egg {
  readonly egg: string;
  /** SemVer 2. */
  readonly version: string;
}

/** Host number n is of the platform n mod 4: a version that all shall take has a file for each. */
export const PLATFORMS = ['linux/amd64', 'linux/arm64', 'darwin/arm64', 'windows/amd64'] as const;

export interface FleetOptions {
  readonly hosts: number;
  readonly prefix: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly egg: Egg;
  readonly offlinePercent: number;
}

/** Hosts are numbers from 0; what they are called counts from 1. */
export class Fleet {
  readonly size: number;
  /** As the server numbers them; 0 where a host has not enrolled. */
  readonly ids: Float64Array;
  readonly tokens: (string | undefined)[];
  /** Check-ins without an answer since the last one with. */
  readonly failures: Uint8Array;
  readonly #options: FleetOptions;
  readonly #eggs: Uint32Array;
  readonly #eggLists: (readonly Egg[])[] = [];
  readonly #eggTexts: string[] = [];
  readonly #listOf = new Map<string, number>();

  constructor(options: FleetOptions) {
    this.size = options.hosts;
    this.#options = options;
    this.ids = new Float64Array(options.hosts);
    this.tokens = new Array<string | undefined>(options.hosts).fill(undefined);
    this.failures = new Uint8Array(options.hosts);
    this.#eggs = new Uint32Array(options.hosts);
    this.#intern([options.egg]);
  }

  nameOf(host: number): string {
    return `${this.#options.prefix}-${host + 1}`;
  }

  platformOf(host: number): string {
    return PLATFORMS[host % PLATFORMS.length] ?? PLATFORMS[0];
  }

  labelsOf(host: number): Record<string, string> {
    const ten = host % 10;
    return {
      env: ten < 7 ? 'prod' : ten < 9 ? 'staging' : 'lab',
      ring: String(host % 8),
      site: ['ams', 'fra', 'iad', 'sin'][Math.floor(host / 10) % 4] ?? 'ams',
      ...this.#options.labels,
    };
  }

  isOffline(host: number): boolean {
    return percentOf(`offline ${this.nameOf(host)}`) < this.#options.offlinePercent;
  }

  eggsOf(host: number): readonly Egg[] {
    return this.#eggLists[this.#eggs[host] ?? 0] ?? [];
  }

  /** As JSON. */
  eggsText(host: number): string {
    return this.#eggTexts[this.#eggs[host] ?? 0] ?? '[]';
  }

  setEggs(host: number, eggs: readonly Egg[]): void {
    this.#eggs[host] = this.#intern(eggs);
  }

  /** The host runs the egg in this version from now on. */
  install(host: number, { egg, version }: Egg): void {
    const others = this.eggsOf(host).filter((one) => one.egg !== egg);
    this.setEggs(host, [...others, { egg, version }]);
  }

  #intern(eggs: readonly Egg[]): number {
    const text = JSON.stringify(eggs.map(({ egg, version }) => ({ egg, version })));
    const known = this.#listOf.get(text);
    if (known !== undefined) return known;
    const index = this.#eggLists.push(eggs) - 1;
    this.#eggTexts.push(text);
    this.#listOf.set(text, index);
    return index;
  }
}
