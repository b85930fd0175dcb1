// The bus: telling of every commit in order, and hearing of it. The only package that knows NATS.

export { type Bus, type BusOptions, type BusState, connectBus } from './bus.ts';
export { type BusMessage, consume, type ConsumeOptions, type Place } from './consume.ts';
export {
  type BusEvent,
  counterEvent,
  type CounterEventOptions,
  counterSubject,
  eventMark,
  type Fact,
  tableEvent,
  type TableEventOptions,
} from './events.ts';
export { startFacts, type Facts, type FactsOptions } from './facts.ts';
export type { Log } from './log.ts';
export { startRelay } from './relay.ts';
export type { Relay, RelayOptions, RelayState, RelayStats } from './relay-model.ts';
export type { Commit, CommitChange, CommitSource } from './source.ts';
export { lookAt, type StreamLook } from './look.ts';
export type { StreamSpec, StreamState } from './stream.ts';
export {
  deleteStreams,
  startTableRelays,
  streamName,
  type TableRelays,
  type TableRelaysOptions,
} from './table-relays.ts';
