// The body of an answer: which kinds are taken for a list, and its bytes, decompressed, counted and whole.

import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib';
import { FetchFailure } from './failure.ts';
import type { Spool } from './spool.ts';
import type { FetchLimits, Watch } from './time-limits.ts';

const DECODERS: Readonly<Record<string, () => Duplex>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  br: createBrotliDecompress,
  deflate: createInflate,
  zstd: createZstdDecompress,
};

/** What a request says that it takes. */
export const ACCEPTED = {
  accept: 'text/plain, application/x-ndjson, application/json, application/octet-stream, */*;q=0.1',
  'accept-encoding': 'gzip, br, deflate, zstd',
} as const;

const LISTS = /^(?:text\/(?!html$)[^/]+|application\/(?:octet-stream|json|x-ndjson|ndjson))$/;

/** Throws FetchFailure for an answer that cannot be a list by what its head says, such as the page of a captive portal. */
export function checkHead({ headers }: IncomingMessage, limits: FetchLimits): void {
  const [type = ''] = (headers['content-type'] ?? '').toLowerCase().split(';');
  if (type.trim() !== '' && !LISTS.test(type.trim())) {
    throw new FetchFailure(`the answer is ${type.trim().slice(0, 64)}, which is no list`);
  }
  if (Number(headers['content-length'] ?? 0) > limits.bytes) throw tooLarge(limits);
}

/**
 * Writes the decompressed body to the spool and answers with its SHA-256 in hex. Throws FetchFailure for one that is too large, that
 * is not whole, or in a coding that nobody asked for; an error of Node or of zlib otherwise.
 */
export async function readBody(
  answer: IncomingMessage,
  spool: Spool,
  { limits, watch }: { limits: FetchLimits; watch: Watch },
): Promise<string> {
  const hash = createHash('sha256');
  const counted = async function* (source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    let bytes = 0;
    for await (const piece of source) {
      watch.touch();
      bytes += piece.length;
      if (bytes > limits.bytes) throw tooLarge(limits);
      yield piece;
    }
  };
  const keep = async (source: AsyncIterable<Buffer>): Promise<void> => {
    for await (const piece of source) {
      if (spool.bytes + piece.length > limits.bytes) throw tooLarge(limits);
      hash.update(piece);
      await spool.write(piece);
    }
  };
  const decoder = decoderOf(answer);
  await (decoder ? pipeline(answer, counted, decoder, keep) : pipeline(answer, counted, keep));
  if (!answer.complete) throw new FetchFailure('the answer was cut in the middle');
  return hash.digest('hex');
}

function decoderOf({ headers }: IncomingMessage): Duplex | undefined {
  const coding = (headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  if (coding === 'identity' || coding === '') return undefined;
  const make = Object.hasOwn(DECODERS, coding) ? DECODERS[coding] : undefined;
  if (!make)
    throw new FetchFailure(`the answer has the coding ${coding.slice(0, 64)}, which nobody asked for`);
  return make();
}

function tooLarge({ bytes }: FetchLimits): FetchFailure {
  return new FetchFailure(`the list is larger than ${Math.round(bytes / 1024 / 1024)} MiB`);
}
