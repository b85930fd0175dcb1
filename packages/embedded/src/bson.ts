// As much of BSON as it takes to ask a MongoDB whether it is ready: a start-up check is not worth a driver in this package,
// where only the store may use one. See bsonspec.org.

export type BsonValue = string | number | boolean | BsonDocument | BsonValue[];
export interface BsonDocument {
  [key: string]: BsonValue;
}

const TYPE = { double: 1, string: 2, document: 3, array: 4, boolean: 8, int32: 16 } as const;

/** Bytes of the fixed-size types that are read over. */
const SKIPPED = new Map([
  [6, 0],
  [7, 12],
  [9, 8],
  [10, 0],
  [17, 8],
  [18, 8],
]);

/** Writes a document. Numbers become int32 where they fit, else double. */
export function encodeBson(document: BsonDocument | BsonValue[]): Buffer {
  const elements = Object.entries(document).flatMap(([key, value]) => encodeElement(key, value));
  const body = Buffer.concat([...elements, Buffer.of(0)]);
  return Buffer.concat([int32(body.length + 4), body]);
}

function encodeElement(key: string, value: BsonValue): Buffer[] {
  const name = Buffer.from(`${key}\0`);
  const element = (type: number, ...bytes: Buffer[]): Buffer[] => [Buffer.of(type), name, ...bytes];
  if (typeof value === 'boolean') return element(TYPE.boolean, Buffer.of(value ? 1 : 0));
  if (typeof value === 'string') {
    const text = Buffer.from(`${value}\0`);
    return element(TYPE.string, int32(text.length), text);
  }
  if (typeof value === 'number') {
    if (Number.isInteger(value) && Math.abs(value) < 2 ** 31) return element(TYPE.int32, int32(value));
    const bytes = Buffer.alloc(8);
    bytes.writeDoubleLE(value);
    return element(TYPE.double, bytes);
  }
  return element(Array.isArray(value) ? TYPE.array : TYPE.document, encodeBson(value));
}

/** Reads a document's numbers, texts, booleans and documents; what is of another type is left out. Throws on bytes it cannot follow. */
export function decodeBson(bytes: Buffer): BsonDocument {
  const document: BsonDocument = {};
  let at = 4;
  while (at < bytes.length && bytes[at] !== 0) {
    const type = bytes[at];
    const nameEnd = bytes.indexOf(0, at + 1);
    const name = bytes.toString('utf8', at + 1, nameEnd);
    at = nameEnd + 1;
    switch (type) {
      case TYPE.double:
        document[name] = bytes.readDoubleLE(at);
        at += 8;
        break;
      case TYPE.int32:
        document[name] = bytes.readInt32LE(at);
        at += 4;
        break;
      case TYPE.boolean:
        document[name] = bytes[at] === 1;
        at += 1;
        break;
      case TYPE.string: {
        const length = bytes.readInt32LE(at);
        document[name] = bytes.toString('utf8', at + 4, at + 3 + length);
        at += 4 + length;
        break;
      }
      case TYPE.document:
      case TYPE.array: {
        const length = bytes.readInt32LE(at);
        document[name] = decodeBson(bytes.subarray(at, at + length));
        at += length;
        break;
      }
      case 5:
        at += 5 + bytes.readInt32LE(at);
        break;
      default: {
        const size = SKIPPED.get(type ?? -1);
        if (size === undefined) throw new Error(`BSON type ${type} of ${name} is not known here`);
        at += size;
      }
    }
  }
  return document;
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
}
