// Named files: what a name points at can be fetched by the name, and a name can be pointed again at what it pointed at before.

import type {
  DownloadNamedFileRequest,
  File,
  NamedFile,
  RevertNamedFileRequest,
} from '@egg/contract/types/eggs';
import type { CallContext, Handlers } from '@egg/rpc';
import { invalidField, RpcError } from '@egg/rpc/errors';
import type { Content, Table, Writes } from '@egg/store';
import { download, followed } from './download.ts';

export interface NamedFileParts {
  readonly table: Table<NamedFile>;
  readonly writes: Writes<NamedFile>;
  readonly files: Table<File>;
  readonly content: Content<File>;
}

/** Revert and Download of NamedFileService. */
export function namedFileMethods({ table, writes, files, content }: NamedFileParts): Handlers {
  return {
    async Revert({ id, revision }: RevertNamedFileRequest, context: CallContext) {
      if (revision === undefined) throw invalidField('revision', 'is required');
      await followed(table, context);
      table.refuseFuture('revision', revision);
      const then = await table.get(id, revision);
      if (!then) {
        throw new RpcError('NOT_FOUND', `there was no named file with id ${id} at revision ${revision}`, {
          violations: [{ field: 'id', reason: `was not there at revision ${revision}` }],
        });
      }
      const { file_id } = then;
      const pointed = ({ name }: NamedFile) => ({ name, file_id });
      try {
        const { record } = await writes.update(id, pointed, context, { verb: 'reverted' });
        return { data: record };
      } catch (error) {
        throw isMissing(error) ? goneFile(file_id, error) : error;
      }
    },

    async *Download({ name, ...asked }: DownloadNamedFileRequest, context: CallContext) {
      await followed(table, context);
      const id = table.idOf({ name });
      const named = id === undefined ? undefined : await table.current(id);
      if (!named || named.name !== name) throw noName(name);
      await followed(files, context);
      const file = await files.current(named.file_id);
      // It was pointed at another file just now, and the one it had was deleted.
      if (!file) throw new RpcError('ABORTED', `the named file ${name} was changed meanwhile: try again`);
      const updated_at = named.updated_at > file.updated_at ? named.updated_at : file.updated_at;
      yield* download(content, { ...file, updated_at }, asked);
    },
  };
}

/** The file that a commit was to point at is not there, or just being deleted. */
function isMissing(error: unknown): boolean {
  return error instanceof RpcError && error.violations.some(({ field }) => field === 'file_id');
}

function goneFile(id: number, cause: unknown): RpcError {
  const reason = `file ${id}, which it pointed at then, is gone`;
  return new RpcError('FAILED_PRECONDITION', reason, { violations: [{ field: 'revision', reason }], cause });
}

function noName(name: string): RpcError {
  return new RpcError('NOT_FOUND', `there is no named file ${name}`, {
    violations: [{ field: 'name', reason: 'is not there' }],
  });
}
