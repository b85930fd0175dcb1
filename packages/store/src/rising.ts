// Ids in order. A search may find most of a table, and sorting a million numbers takes longer than finding them.

/** With so many a comparison sort is as good as anything. */
const FEW = 4096;
/** A map of bits is worth its memory while one number in so many is among them. */
const SPARSE = 256;

/** The ids in rising order. Takes different positive integers; may sort in place. */
export function rising(ids: number[]): number[] {
  const most = ids.reduce((a, b) => Math.max(a, b), 0);
  if (ids.length < FEW || most > ids.length * SPARSE) return ids.sort((a, b) => a - b);
  const words = new Int32Array((most >>> 5) + 1);
  for (const id of ids) words[id >>> 5] = (words[id >>> 5] as number) | (1 << (id & 31));
  const sorted: number[] = [];
  for (const [index, word] of words.entries()) {
    for (let rest = word; rest !== 0; rest &= rest - 1)
      sorted.push(index * 32 + 31 - Math.clz32(rest & -rest));
  }
  return sorted;
}
