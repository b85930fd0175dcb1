// Lets acts on the same thing take turns: a list that is sent again after it broke off waits until what is left of the first has ended.

export class Turns {
  readonly #last = new Map<string, Promise<unknown>>();

  /** Does the work when all that was given under this name before has ended, however it did. */
  take<T>(name: string, work: () => Promise<T>): Promise<T> {
    const mine = (this.#last.get(name) ?? Promise.resolve()).then(work);
    const ended = mine.catch(() => undefined);
    this.#last.set(name, ended);
    void ended.then(() => {
      if (this.#last.get(name) === ended) this.#last.delete(name);
    });
    return mine;
  }
}
