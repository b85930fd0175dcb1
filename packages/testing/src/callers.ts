// Work that many callers do at once.

/** Has `count` callers take the items in turn, each the next as soon as it is done with one. Answers in the order of the items. */
export async function byCallers<T, R>(
  count: number,
  items: readonly T[],
  work: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results = new Array<R>(items.length);
  let next = 0;
  const caller = async (): Promise<void> => {
    for (let index = next++; index < items.length; index = next++) {
      results[index] = await work(items[index] as T, index);
    }
  };
  await Promise.all(Array.from({ length: count }, caller));
  return results;
}
