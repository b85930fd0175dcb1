// Reads multipart/form-data (RFC 7578) while it comes: fields whole, because they are short, and the file piece by piece. It is strict:
// what is not well formed is refused and named, and a form that broke off never looks complete.

import { isUtf8 } from 'node:buffer';
import { finished } from 'node:stream/promises';
import { Dicer } from '@fastify/busboy';
import { parse } from 'content-disposition';
import { invalidField } from '@egg/rpc';
import { invalidRequest } from './errors.ts';

/** What a form has in it, in the order in which it comes. */
export type FormItem =
  | { readonly kind: 'field'; readonly name: string; readonly value: string }
  /** The one file begins. */
  | { readonly kind: 'file'; readonly filename: string }
  | { readonly kind: 'piece'; readonly bytes: Buffer };

const MAX_FIELDS = 20;
const MAX_FIELD_BYTES = 4096;
const PLAIN = new Set(['7bit', '8bit', 'binary']);

/** The boundary that a Content-Type names; undefined if that is no form. Throws INVALID_ARGUMENT for a form without one. */
export function boundaryOf(contentType: string): string | undefined {
  const { type, parameters } = parse(contentType);
  if (type !== 'multipart/form-data') return undefined;
  const { boundary = '' } = parameters;
  if (!/^[\x20-\x7e]{0,69}[\x21-\x7e]$/.test(boundary)) throw invalidRequest('the form has no boundary');
  return boundary;
}

/**
 * The items of a form, as fast as they are taken. Throws INVALID_ARGUMENT that names the part at fault, and what `body` throws.
 */
export async function* readForm(body: AsyncIterable<Buffer>, boundary: string): AsyncGenerator<FormItem> {
  const parser = new Dicer({ boundary });
  const form = new Form();
  parser.on('part', (part) => form.take(part));
  // Its end tells, and it must not be told to nobody.
  parser.on('error', () => {});
  const end = finished(parser);
  end.catch(() => {});
  for await (const piece of body) {
    await written(parser, piece);
    yield* form.items();
  }
  parser.end();
  try {
    await end;
  } catch {
    throw form.isIn === undefined
      ? invalidRequest('the body is no form, or breaks off')
      : invalidField(form.isIn, 'breaks off');
  }
  await form.close();
  yield* form.items();
}

class Form {
  /** The part that comes just now. */
  isIn: string | undefined;
  #found: FormItem[] = [];
  /** Of the parts. The parser itself may be done before they are. */
  #ends: Promise<unknown>[] = [];
  #fault: Error | undefined;
  #fields = 0;
  #files = 0;
  /** A part has begun whose headers are not there yet. */
  #isHeadless = false;

  /** What was found since it was last asked. Throws what is wrong with the form. */
  *items(): Generator<FormItem> {
    const found = this.#found;
    this.#found = [];
    yield* found;
    if (this.#fault) throw this.#fault;
  }

  /** A part begins. */
  take(part: Dicer.PartStream): void {
    this.#checkHead();
    this.#isHeadless = true;
    // Each fault is one of the whole form, too.
    part.on('error', () => {});
    part.once('header', (header) => {
      this.#isHeadless = false;
      this.#begin(part, header as Record<string, string[]>);
    });
    // Whatever it is, it has to flow, or the rest does not come.
    part.resume();
  }

  /** No more parts come. Resolves when the last has been taken in. */
  async close(): Promise<void> {
    this.#checkHead();
    await Promise.all(this.#ends);
  }

  #checkHead(): void {
    if (this.#isHeadless) this.#refuse(invalidRequest('a part of the form has no headers'));
  }

  #begin(part: Dicer.PartStream, header: Record<string, string[]>): void {
    const { type, parameters } = parse(utf8(header['content-disposition']?.[0] ?? ''), { multipart: true });
    const { name, filename } = parameters;
    if (type !== 'form-data' || name === undefined) {
      this.#refuse(invalidRequest('a part of the form has no Content-Disposition that names it'));
      return;
    }
    this.isIn = name;
    this.#ends.push(new Promise((resolve) => part.once('end', resolve)));
    const encoding = header['content-transfer-encoding']?.[0]?.trim().toLowerCase() ?? 'binary';
    if (!PLAIN.has(encoding)) this.#refuse(invalidField(name, `must not be encoded as ${encoding}`));
    else if (filename === undefined) this.#field(part, name);
    else this.#file(part, name, filename);
  }

  #file(part: Dicer.PartStream, name: string, filename: string): void {
    if (++this.#files > 1) {
      this.#refuse(invalidField(name, 'is a second file'));
      return;
    }
    this.#found.push({ kind: 'file', filename: filename.slice(filename.search(/[^/\\]*$/)) });
    part.on('data', (bytes: Buffer) => this.#found.push({ kind: 'piece', bytes }));
  }

  #field(part: Dicer.PartStream, name: string): void {
    if (++this.#fields > MAX_FIELDS) {
      this.#refuse(invalidField(name, `is one of more than ${MAX_FIELDS} fields`));
      return;
    }
    const pieces: Buffer[] = [];
    let size = 0;
    part.on('data', (piece: Buffer) => {
      size += piece.length;
      if (size > MAX_FIELD_BYTES) this.#refuse(invalidField(name, `is longer than ${MAX_FIELD_BYTES} bytes`));
      else pieces.push(piece);
    });
    part.once('end', () => {
      if (size > MAX_FIELD_BYTES) return;
      const bytes = Buffer.concat(pieces);
      if (isUtf8(bytes)) this.#found.push({ kind: 'field', name, value: bytes.toString() });
      else this.#refuse(invalidField(name, 'is not UTF-8'));
    });
  }

  /** The first fault counts. */
  #refuse(fault: Error): void {
    this.#fault ??= fault;
  }
}

/** Headers come as bytes, one for each character. */
function utf8(text: string): string {
  return Buffer.from(text, 'latin1').toString();
}

/** Resolves when all that the piece held has been taken on, or the parser failed, which its end tells. */
function written(parser: Dicer, piece: Buffer): Promise<void> {
  return new Promise((resolve) => {
    if (parser.destroyed) resolve();
    else parser.write(piece, () => resolve());
  });
}
