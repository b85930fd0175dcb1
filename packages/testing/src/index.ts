export { byCallers } from './callers.ts';
export { testDatabase, testName } from './database.ts';
export { foldEvents, readEvents, type ReceivedEvent, type TableEvent } from './event-reads.ts';
export { type Answer, type Envelope, type Fault, httpClient, type HttpClient } from './http-client.ts';
export { type OwnServer, type OwnServers, startOwnServers } from './own-servers.ts';
export { quiet } from './quiet.ts';
export { type Stack, type StackOptions, startStack } from './stack.ts';
export { deleteStreams } from './streams.ts';
export { type PartName, startSupervised, type Supervised } from './supervised.ts';
export {
  applyChanges,
  type Changes,
  type DomainEntry,
  readChanges,
  readList,
  type Row,
  sorted,
} from './table-reads.ts';
export { WITHIN } from './within.ts';
