// Makes hosts of the server: with one enrolment token, many at once. A name that enrolled in an earlier simulation is reset first,
// because its token is gone.

import { setTimeout as delay } from 'node:timers/promises';
import { type Answer, type Api, NO_ANSWER } from './api.ts';
import type { Fleet } from './fleet.ts';
import type { Tally } from './tally.ts';

export interface EnrolmentParts {
  readonly api: Api;
  readonly fleet: Fleet;
  readonly tally: Tally;
  readonly token: string | undefined;
  readonly prefix: string;
  /** Breaks off what waits. */
  readonly signal: AbortSignal;
}

const TOKEN_MS = 24 * 3_600_000;
const RETRY_MS = 500;
const AWAY = new Set([NO_ANSWER, 'UNAVAILABLE', 'DEADLINE_EXCEEDED', 'RESOURCE_EXHAUSTED', 'ABORTED']);
const PAGE = 1000;

export class Enrolment {
  readonly #parts: EnrolmentParts;
  #enrolling: Promise<{ id: number; secret: string }> | undefined;
  #known: Promise<Map<string, number>> | undefined;

  constructor(parts: EnrolmentParts) {
    this.#parts = parts;
  }

  /** Enrols a host and answers with its id and token. Throws where the server refuses, or the signal's reason. */
  async enrol(host: number): Promise<{ id: number; token: string }> {
    const { fleet } = this.#parts;
    const { secret } = await (this.#enrolling ??= this.#makeToken());
    const body = {
      enrollment_token: secret,
      name: fleet.nameOf(host),
      platform: fleet.platformOf(host),
      labels: fleet.labelsOf(host),
    };
    const enrol = () => this.#ask<{ id: number; token: string }>('/host/enroll', body);
    let answer = await enrol();
    if (answer.code === 'ALREADY_EXISTS') {
      await this.#reset(body.name);
      answer = await enrol();
    }
    return dataOf(answer, `enrol ${body.name}`);
  }

  /** Revokes the token that hosts were enrolled with. */
  async end(): Promise<void> {
    const made = await this.#enrolling?.catch(() => undefined);
    if (made) await this.#parts.api.send('/token/delete', this.#sending({ id: made.id }));
  }

  async #makeToken(): Promise<{ id: number; secret: string }> {
    const name = `simulator-${crypto.randomUUID().slice(0, 8)}`;
    const expires_at = new Date(Date.now() + TOKEN_MS).toISOString();
    const answer = await this.#ask<{ id: number; secret: string }>('/token/add', {
      name,
      role: 'enroll',
      expires_at,
    });
    return dataOf(answer, 'make a token to enrol hosts with');
  }

  async #reset(name: string): Promise<void> {
    this.#known ??= this.#listKnown();
    const id = (await this.#known).get(name);
    if (id === undefined) throw new Error(`${name} has enrolled, and is not among the hosts`);
    dataOf(await this.#ask('/host/reset', { id }), `reset ${name}`);
  }

  async #listKnown(): Promise<Map<string, number>> {
    const known = new Map<string, number>();
    for (let cursor = ''; ;) {
      const path = `/host/list?q=${encodeURIComponent(`${this.#parts.prefix}-`)}&limit=${PAGE}${cursor}`;
      const answer = await this.#ask<{ id: number; name: string }[]>(path);
      for (const { id, name } of dataOf(answer, 'list the hosts')) known.set(name, id);
      if (answer.nextCursor === undefined) return known;
      cursor = `&cursor=${encodeURIComponent(answer.nextCursor)}`;
    }
  }

  /** Asks until there is an answer. */
  async #ask<T>(path: string, body?: object): Promise<Answer<T>> {
    for (;;) {
      const answer = await this.#parts.api.send<T>(path, this.#sending(body));
      if (!AWAY.has(answer.code)) return answer;
      this.#parts.tally.error(answer.code);
      await delay(RETRY_MS + answer.retryAfterMs, undefined, { signal: this.#parts.signal });
    }
  }

  #sending(body?: object) {
    return { token: this.#parts.token, ...(body && { body: JSON.stringify(body) }) };
  }
}

function dataOf<T>({ code, msg, data }: Answer<T>, what: string): T {
  if (code !== 'OK' || data === undefined) throw new Error(`cannot ${what}: ${code} ${msg}`);
  return data;
}
