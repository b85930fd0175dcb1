// The two services that stand on file content, and the content itself, which lives as long as the process.

import type { File, NamedFile } from '@egg/contract/types/eggs';
import type { Handlers } from '@egg/rpc';
import type { ServiceContext, ServiceParts } from '@egg/service';
import { Content, type Table, type Writes } from '@egg/store';
import { fileMethods } from './file.ts';
import { namedFileMethods } from './named-file.ts';

interface Tables {
  readonly files: Table<File>;
  readonly namedFiles: Table<NamedFile>;
}

interface Parts extends Pick<ServiceParts, 'database' | 'onStop'> {
  readonly writes: { readonly files: Writes<File>; readonly namedFiles: Writes<NamedFile> };
}

/** Opens the content of the files, and gives the methods that need it. */
export async function contentServices(
  { log }: Pick<ServiceContext, 'log'>,
  { files, namedFiles }: Tables,
  { database, writes, onStop }: Parts,
): Promise<Readonly<Record<string, Handlers>>> {
  const content = await Content.open({ database, owner: files, log });
  onStop(() => content.close());
  return {
    'egg.eggs.v1.FileService': fileMethods({ table: files, writes: writes.files, content }),
    'egg.eggs.v1.NamedFileService': namedFileMethods({
      table: namedFiles,
      writes: writes.namedFiles,
      files,
      content,
    }),
  };
}
