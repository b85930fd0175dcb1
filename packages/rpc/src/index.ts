// The public face: calls, how to serve them, how to make them, and their errors.

export { connect, type ConnectOptions } from './client.ts';
export {
  CODES,
  codeName,
  type CodeName,
  invalidField,
  invalidFields,
  RpcError,
  toRpcError,
} from './errors.ts';
export type {
  Authorize,
  CallContext,
  Caller,
  CallOptions,
  Channel,
  Handler,
  Handlers,
  Log,
  Observe,
  StreamHandler,
  UnaryHandler,
} from './model.ts';
export { type RpcServer, type RpcServerOptions, startServer } from './server.ts';
