export { testDatabase, testName } from './database.ts';
export { quiet } from './quiet.ts';
