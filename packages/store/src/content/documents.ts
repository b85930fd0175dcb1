// What is kept of file content besides the bytes: who uses which content, and which uploads are under way.

import type { ObjectId } from '../driver.ts';
import type { ReferenceDocument } from '../references.ts';

export { DURABLE, MAJORITY } from '../concerns.ts';

/** In bytes. What is stored is cut so, and read back by it: another one would need the old files cut anew. */
export const CHUNK_BYTES = 256 * 1024;

export const BUCKET = 'content';
export const CONTENTS = 'contents';
export const UPLOADS = 'content_uploads';

/** One content: `_id` is its SHA-256 in hex, `by` who uses it, `closers` who is deleting it. */
export interface ContentDocument extends ReferenceDocument<string> {
  /** Its bytes; absent between the first claim and the moment when they are all there. */
  file?: ObjectId;
  size?: number;
}

/** Bytes that are on their way in and that nothing points at yet. */
export interface UploadDocument {
  /** Of the bytes. */
  _id: ObjectId;
  /** Rises while its process lives. */
  beats: number;
  /** It was taken for dead: the bytes are being deleted, and must not be used any more. */
  dying?: true;
}
