// Bytes that come in pieces as numbered lines. What is held is never more than one line and the piece that it came in, and of a
// line that is too long nothing at all.

/** A line without its end (LF, CR LF), counted from 1; or why it cannot be read. */
export type NumberedLine =
  | { readonly line: number; readonly text: string; readonly reason?: never }
  | { readonly line: number; readonly reason: string };

const LF = 0x0a;
const CR = 0x0d;
const BYTE_ORDER_MARK = '\u{feff}';
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Splits one text. Lines longer than `longest` bytes are told as too long. */
export class LineSplitter {
  readonly #longest: number;
  #held: Buffer[] = [];
  #heldBytes = 0;
  #isTooLong = false;
  #lines = 0;

  constructor(longest: number) {
    this.#longest = longest;
  }

  /** How many lines there were so far. */
  get lines(): number {
    return this.#lines;
  }

  /** The lines that end in this piece. */
  push(piece: Uint8Array): NumberedLine[] {
    const bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
    const lines: NumberedLine[] = [];
    let start = 0;
    for (let end = bytes.indexOf(LF); end !== -1; end = bytes.indexOf(LF, start)) {
      lines.push(this.#take(bytes.subarray(start, end)));
      start = end + 1;
    }
    if (start < bytes.length) this.#hold(bytes.subarray(start));
    return lines;
  }

  /** The last line, where the text did not end with one. */
  end(): NumberedLine[] {
    return this.#heldBytes > 0 || this.#isTooLong ? [this.#take(Buffer.alloc(0))] : [];
  }

  #hold(bytes: Buffer): void {
    this.#heldBytes += bytes.length;
    if (this.#heldBytes > this.#longest) {
      this.#isTooLong = true;
      this.#held = [];
    }
    // A copy, so that a small rest does not keep the whole piece.
    else this.#held.push(Buffer.from(bytes));
  }

  #take(rest: Buffer): NumberedLine {
    const line = ++this.#lines;
    const isTooLong = this.#isTooLong || this.#heldBytes + rest.length > this.#longest;
    const bytes = this.#held.length === 0 ? rest : Buffer.concat([...this.#held, rest]);
    this.#held = [];
    this.#heldBytes = 0;
    this.#isTooLong = false;
    if (isTooLong) return { line, reason: `is longer than ${this.#longest / 1024} KiB` };
    const end = bytes.at(-1) === CR ? bytes.length - 1 : bytes.length;
    try {
      const text = UTF8.decode(bytes.subarray(0, end));
      return { line, text: line === 1 && text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text };
    } catch {
      return { line, reason: 'is not UTF-8' };
    }
  }
}
