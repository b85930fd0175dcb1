// A form is the same however it is cut on its way, and one that is cut off is never taken for a whole.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { boundaryOf, type FormItem, readForm } from './form.ts';

const BOUNDARY = 'b0undary';

async function* inPieces(bytes: Buffer, cuts: readonly number[]): AsyncGenerator<Buffer> {
  const places = [...new Set([0, ...cuts, bytes.length])]
    .filter((at) => at <= bytes.length)
    .sort((a, b) => a - b);
  for (const [index, at] of places.entries()) {
    const piece = bytes.subarray(at, places[index + 1] ?? bytes.length);
    if (piece.length > 0) yield piece;
  }
}

/** The items, with the file in one piece. */
async function read(bytes: Buffer, cuts: readonly number[] = []): Promise<unknown[]> {
  const items: FormItem[] = [];
  for await (const item of readForm(inPieces(bytes, cuts), BOUNDARY)) items.push(item);
  const content = Buffer.concat(items.flatMap((item) => (item.kind === 'piece' ? item.bytes : [])));
  const fields = items.flatMap((item) => (item.kind === 'field' ? [[item.name, item.value]] : []));
  const files = items.flatMap((item) => (item.kind === 'file' ? [item.filename] : []));
  return [fields, files, content.toString('hex')];
}

function part(disposition: string, value: Buffer | string): Buffer {
  const head = `--${BOUNDARY}\r\nContent-Disposition: form-data; ${disposition}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), Buffer.from(value), Buffer.from('\r\n')]);
}

const END = Buffer.from(`--${BOUNDARY}--\r\n`);

/** Content that looks like the end of a part, up to a point. */
const content = fc
  .array(
    fc.oneof(
      fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
      fc
        .constantFrom('\r', '\n', '\r\n', '\r\n--', '--', `\r\n--${BOUNDARY.slice(0, -1)}`, '\r\n\r\n')
        .map((text) => Buffer.from(text)),
    ),
    { maxLength: 8 },
  )
  .map((pieces) => Buffer.concat(pieces));

const cuts = fc.array(fc.nat(600), { maxLength: 30 });

test('it is the same however it is cut', async () => {
  await fc.assert(
    fc.asyncProperty(
      content,
      fc.string({ unit: 'grapheme', maxLength: 20 }),
      fc.boolean(),
      cuts,
      async (bytes, text, isFirst, at) => {
        const [field, file] = [part('name="a"', text), part('name="f"; filename="x"', bytes)];
        const form = Buffer.concat([...(isFirst ? [field, file] : [file, field]), END]);
        expect(await read(form, at)).toEqual([[['a', text]], ['x'], bytes.toString('hex')]);
      },
    ),
    { numRuns: 300 },
  );
});

test('cut off anywhere, it is refused', async () => {
  const form = Buffer.concat([part('name="a"', 'b'), part('name="f"; filename="x"', 'content'), END]);
  for (let length = 0; length < form.length - 2; length++) {
    await expect(read(form.subarray(0, length), [5, 30, 80]), `${length}`).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    });
  }
  expect(await read(form.subarray(0, -2))).toEqual(await read(form));
});

test('nothing of what follows its end counts', async () => {
  const form = Buffer.concat([
    part('name="f"; filename="x"', 'content'),
    END,
    part('name="g"; filename="y"', 'other'),
  ]);
  expect(await read(form, [90, 100, 120])).toEqual([[], ['x'], Buffer.from('content').toString('hex')]);
});

test('a failure of the body is told as it is', async () => {
  async function* broken() {
    yield part('name="f"; filename="x"', 'content');
    throw new RangeError('the line is dead');
  }
  await expect(collect(broken())).rejects.toThrow('the line is dead');
});

async function collect(body: AsyncIterable<Buffer>): Promise<number> {
  let count = 0;
  for await (const _item of readForm(body, BOUNDARY)) count++;
  return count;
}

test('a boundary is read as HTTP writes it', () => {
  expect(boundaryOf('multipart/form-data; boundary=abc')).toBe('abc');
  expect(boundaryOf('Multipart/Form-Data; charset=utf-8; boundary="a b"')).toBe('a b');
  expect(boundaryOf('application/octet-stream; boundary=abc')).toBeUndefined();
  expect(boundaryOf('')).toBeUndefined();
  for (const type of [
    'multipart/form-data',
    'multipart/form-data; boundary=""',
    `multipart/form-data; boundary=${'a'.repeat(71)}`,
  ])
    expect(() => boundaryOf(type)).toThrow('the form has no boundary');
});
