// Generated from the protos by `npm run generate`; do not edit.

/** A CloudEvent 1.0. */
export interface Event {
  specversion: string;
  /** `<table>:<revision>`, or `<counter>:<value>`. */
  id: string;
  source: string;
  /** `egg.<table>.<verb>`, or `egg.counter.incremented`. */
  type: string;
  /** The record's id, where the commit changed one record. */
  subject?: string;
  /** RFC 3339, UTC. */
  time: string;
  datacontenttype: string;
  actor?: string;
  requestid?: string;
  /** `after`, and `before` for updates and deletes; `changes` for a commit of several; `truncated` where it was too large for the bus; `field` and `value` for counters. */
  data: Record<string, unknown>;
}

export interface SubscribeRequest {
  /** Patterns of subjects such as `egg.domain_block.>`, `egg.*.added` or `egg.counter.incremented.*`, also several with commas between: `*` is one part, `>` at the end one or more. `egg.>` if not said. */
  subjects?: string[];
  /** What the header `Last-Event-ID` says, for clients that cannot send it. The header comes first. */
  last_event_id?: string;
}
