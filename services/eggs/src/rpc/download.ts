// How a file's content is given: first what comes, then the bytes.

import type { DownloadReply, File } from '@egg/contract/types/eggs';
import type { CallContext } from '@egg/rpc';
import type { Content, Row, Table } from '@egg/store';
import { byteRange } from '../domain/byte-range.ts';

/** A download may last for ever, but not before it begins. */
const BEGIN_MS = 5000;
/** In bytes, of one reply: several wait in the gateway for a client that is slow. */
const PIECE = 32 * 1024;

/** Brings this replica up to what is in the table's log now. */
export function followed<R extends Row>(table: Table<R>, { deadline }: CallContext): Promise<void> {
  return table.follow(Math.min(deadline, Date.now() + BEGIN_MS));
}

/** The replies of a download, as fast as they are taken. Throws NOT_FOUND where the file was deleted meanwhile. */
export async function* download(
  content: Content<File>,
  { name, sha256, size, updated_at }: File,
  asked: { readonly offset?: number; readonly length?: number },
): AsyncGenerator<DownloadReply> {
  const range = byteRange(size, asked);
  const pieces = content.read(sha256, range);
  // Before anything is said, so that what cannot be read is an error and not half an answer.
  const first = await pieces.next();
  try {
    yield { head: { name, sha256, size, ...range, updated_at } };
    if (first.done === true) return;
    yield* replies(first.value);
    for await (const piece of pieces) yield* replies(piece);
  } finally {
    await pieces.return(undefined);
  }
}

function* replies(content: Uint8Array): Generator<DownloadReply> {
  for (let from = 0; from < content.length; from += PIECE)
    yield { content: content.subarray(from, from + PIECE) };
}
