// A database of its own for a test file.

import { randomUUID } from 'node:crypto';
import { afterAll, inject } from 'vitest';
import { type Database, openDatabase } from '@egg/store';
import { quiet } from './quiet.ts';

/** Opens a database that nobody else has, and deletes it when the file's tests are over. */
export async function testDatabase(): Promise<Database> {
  const database = await openDatabase({ url: inject('mongoUrl'), name: testName(), log: quiet });
  afterAll(async () => {
    await database.drop();
    await database.close();
  });
  return database;
}

/** A name for a database or a prefix of subjects that nobody else has. */
export function testName(): string {
  return `t${randomUUID().replaceAll('-', '').slice(0, 12)}`;
}
