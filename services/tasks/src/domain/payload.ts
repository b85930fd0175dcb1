// What a task may carry to an egg: any JSON object of a size and a depth that every part of the way can bear.

/** As JSON in UTF-8. */
const LARGEST_BYTES = 64 * 1024;
/** Of objects and lists in each other. Each is two messages in each other on the wire, where a hundred are read. */
const DEEPEST = 32;
/** A name by which the database's own types are known: an object with it would be taken for one of them. */
const RESERVED = '_bsontype';

/** Why a payload cannot be taken, undefined if it can; the reason continues a sentence that begins with the field. */
export function refusePayload(payload: object): string | undefined {
  const fault = refuseShape(payload);
  if (fault !== undefined) return fault;
  const bytes = Buffer.byteLength(JSON.stringify(payload));
  return bytes > LARGEST_BYTES ? `is ${bytes} bytes as JSON, and may be 64 KiB` : undefined;
}

/** Level by level, because one that is too deep would be too deep for the stack as well. */
function refuseShape(payload: object): string | undefined {
  let level: object[] = [payload];
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > DEEPEST) return `has more than ${DEEPEST} objects and lists in each other`;
    if (level.some((value) => Object.hasOwn(value, RESERVED)))
      return `has the key ${RESERVED}, which cannot be kept`;
    if (level.some((value) => Object.keys(value).some((key) => key.includes('\0'))))
      return 'has a key with the character NUL, which cannot be kept';
    const values = level.flatMap((value) => Object.values(value) as unknown[]);
    // JSON has no word for it: a number too large to be read has become one.
    if (values.some((value) => value === Infinity || value === -Infinity))
      return 'has a number that is too large';
    level = values.filter(isObject);
  }
  return undefined;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
