// The `id` of an event: how far each subscribed stream was told, as bytes in base64url. With each revision goes the mark of its
// event, by which a stream of another history is known though it has the same revisions.

import { crc32 } from 'node:zlib';

/** How far a stream was told. */
export interface Point {
  /** 0 before the first one. */
  readonly revision: number;
  /** The mark of that event (`eventMark`), 0 if it is not known. */
  readonly mark: number;
}

const VERSION = 1;
const TAG_BYTES = 3;
const REVISION_BYTES = 6;
const MARK_BYTES = 4;
const ENTRY_BYTES = TAG_BYTES + REVISION_BYTES + MARK_BYTES;
/** Against a cursor that was cut or mistyped, not against one that was made up: a cursor gives no right to anything. */
const CHECK_BYTES = 2;

/** Writes a cursor of points by the tags of their origins. */
export function encodeCursor(points: Iterable<readonly [tag: number, point: Point]>): string {
  const entries = [...points];
  const bytes = Buffer.allocUnsafe(1 + entries.length * ENTRY_BYTES + CHECK_BYTES);
  let at = bytes.writeUInt8(VERSION);
  for (const [tag, { revision, mark }] of entries) {
    at = bytes.writeUIntBE(tag, at, TAG_BYTES);
    at = bytes.writeUIntBE(revision, at, REVISION_BYTES);
    at = bytes.writeUIntBE(mark, at, MARK_BYTES);
  }
  bytes.writeUIntBE(check(bytes), at, CHECK_BYTES);
  return bytes.toString('base64url');
}

/** Reads a cursor; undefined where it is none. */
export function decodeCursor(text: string): Map<number, Point> | undefined {
  const bytes = Buffer.from(text, 'base64url');
  const isWhole =
    bytes.length > CHECK_BYTES &&
    (bytes.length - 1 - CHECK_BYTES) % ENTRY_BYTES === 0 &&
    bytes[0] === VERSION &&
    bytes.readUIntBE(bytes.length - CHECK_BYTES, CHECK_BYTES) === check(bytes) &&
    bytes.toString('base64url') === text;
  if (!isWhole) return undefined;
  const points = new Map<number, Point>();
  for (let at = 1; at < bytes.length - CHECK_BYTES; at += ENTRY_BYTES) {
    points.set(bytes.readUIntBE(at, TAG_BYTES), {
      revision: bytes.readUIntBE(at + TAG_BYTES, REVISION_BYTES),
      mark: bytes.readUIntBE(at + TAG_BYTES + REVISION_BYTES, MARK_BYTES),
    });
  }
  return points;
}

function check(bytes: Buffer): number {
  return crc32(bytes.subarray(0, bytes.length - CHECK_BYTES)) & 0xffff;
}
