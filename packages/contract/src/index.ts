export type {
  BodyKind,
  Contract,
  FieldContract,
  JsonSchema,
  MessageContract,
  MethodContract,
  Reference,
  Role,
  ServiceContract,
  Source,
  TableContract,
  Violation,
} from './model.ts';
export { loadContract, PROTO_DIR } from './load.ts';
export { openApi } from './openapi.ts';
export { routesSnapshot } from './routes-snapshot.ts';
