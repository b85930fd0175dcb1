// Chance that can be told again: whether something happens follows from a name alone, so a second simulation goes the same way.

/** A number in [0, 100) that follows from the text, spread evenly over texts (FNV-1a with the last mixing of MurmurHash3). */
export function percentOf(text: string): number {
  return (hashOf(text) / 2 ** 32) * 100;
}

/** 32 bits that follow from the text. */
export function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
