// Files: the content comes and goes as a stream; the record says of it what never changes.

import { createHash } from 'node:crypto';
import type { AddFileRequest, DownloadFileRequest, File } from '@egg/contract/types/eggs';
import type { CallContext, Handlers } from '@egg/rpc';
import { invalidField, RpcError } from '@egg/rpc/errors';
import { type Content, type Origin, originOf, type Received, type Table, type Writes } from '@egg/store';
import { download, followed } from './download.ts';

export interface FileParts {
  readonly table: Table<File>;
  readonly writes: Writes<File>;
  readonly content: Content<File>;
}

/** What an upload says of itself, in whichever messages. */
interface Said {
  name?: string;
  sha256?: string;
}

/** Add and Download of FileService. */
export function fileMethods({ table, writes, content }: FileParts): Handlers {
  return {
    async Add(requests: AsyncIterable<AddFileRequest>, context: CallContext) {
      const said: Said = {};
      const commit = await content.store(
        contentOf(requests, said),
        (received) => checkSaid(said, received),
        ({ sha256, size }) => {
          const name = said.name ?? '';
          return writes.add({ name, sha256, size }, context, { origin: uploadOrigin(context, name, sha256) });
        },
      );
      return { data: commit?.changes[0]?.after };
    },

    async *Download({ id, ...asked }: DownloadFileRequest, context: CallContext) {
      await followed(table, context);
      const file = await table.current(id);
      if (!file) {
        throw new RpcError('NOT_FOUND', `there is no file with id ${id}`, {
          violations: [{ field: 'id', reason: 'is not there' }],
        });
      }
      yield* download(content, file, asked);
    },
  };
}

/** The content of an upload; what else its messages say is put into `said`. */
async function* contentOf(requests: AsyncIterable<AddFileRequest>, said: Said): AsyncGenerator<Uint8Array> {
  for await (const { content, ...fields } of requests) {
    for (const field of ['name', 'sha256'] as const) {
      const value = fields[field];
      if (value === undefined) continue;
      if (said[field] !== undefined) throw invalidField(field, 'is given more than once');
      said[field] = value;
    }
    if (content) yield content;
  }
}

function checkSaid({ name, sha256 }: Said, received: Received): void {
  if (name === undefined) throw invalidField('name', 'is required');
  if (sha256 !== undefined && sha256.toLowerCase() !== received.sha256)
    throw invalidField('sha256', `is not that of the content, which has ${received.sha256}`);
}

/** A repeated upload is known by its name and its content, not by how the content was cut. */
function uploadOrigin(context: CallContext, name: string, sha256: string): Origin {
  const { idempotency, ...origin } = originOf(context);
  if (!idempotency) return origin;
  const bodyHash = createHash('sha256')
    .update(JSON.stringify([name, sha256]))
    .digest('hex');
  return { ...origin, idempotency: { ...idempotency, bodyHash } };
}
