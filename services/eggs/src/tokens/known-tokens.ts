// The tokens that there are, in memory: which may be the last of an admin, and which secrets have a record. Led along the table's log.

import type { Token } from '@egg/contract/types/eggs';
import type { Commit, Follower } from '@egg/store';

export class KnownTokens implements Follower<Token> {
  readonly fields = ['role', 'key'] as const;
  readonly #byId = new Map<number, Pick<Token, 'role' | 'key'>>();
  readonly #ids = new Map<string, number>();

  load({ id, role, key }: Token): void {
    this.#byId.set(id, { role, key });
    this.#ids.set(key, id);
  }

  apply({ changes }: Commit<Token>): void {
    for (const { id, before, after } of changes) {
      if (before) this.#ids.delete(before.key);
      this.#byId.delete(id);
      if (after) this.load(after);
    }
  }

  /** Whether a record names this key. */
  has(key: string): boolean {
    return this.#ids.has(key);
  }

  /** The ids of all admin tokens, expired ones too. */
  admins(): number[] {
    return [...this.#byId].flatMap(([id, { role }]) => (role === 'admin' ? [id] : []));
  }
}
