// Which bytes of a file are meant by an offset and a length.

export interface ByteRange {
  /** The first byte. */
  readonly offset: number;
  readonly length: number;
}

/**
 * The part of `size` bytes that begins at `offset`, of at most `length` bytes. A negative offset counts from the end; one in front of
 * the first byte means the first, one behind the last means the end, where nothing is left.
 */
export function byteRange(
  size: number,
  { offset = 0, length = Infinity }: { readonly offset?: number; readonly length?: number },
): ByteRange {
  const first = offset < 0 ? Math.max(0, size + offset) : Math.min(offset, size);
  return { offset: first, length: Math.min(length, size - first) };
}
