// Generated from the protos by `npm run generate`; do not edit.

export interface ChangesRequest {
  /** The revision that the caller has. 0 asks for the whole list. */
  since: number;
  /** The last revision to tell of. An answer with `to` never changes and may be cached for ever. */
  to?: number;
  /** The `log` of the answer before: OUT_OF_RANGE says that this history is gone, start at 0. */
  log?: string;
  /** Whole records, as they last were, in `removed`, in place of ids. */
  full?: boolean;
}

export interface DeleteRequest {
  /** The record to delete. */
  id: number;
}

export interface HistoryRequest {
  /** The record whose history is asked for, also after it was deleted. */
  id: number;
  /** At most this many changes in one answer (1000). */
  limit?: number;
  /** The `next_cursor` of the page before. */
  cursor?: string;
}

export interface RevertReply {
  /** How far it is, every few seconds. */
  progress?: RevertReplyCounts;
  /** In the last reply. */
  data?: RevertReplyResult;
}

export interface RevertReplyCounts {
  /** Records that came back. */
  added: number;
  /** Records that went. */
  removed: number;
  /** Records that became what they were. */
  changed: number;
}

export interface RevertReplyResult {
  /** The head revision afterwards. */
  revision: number;
  added: number;
  removed: number;
  changed: number;
}

export interface RevertRequest {
  /** The revision whose list is to be there again. 0 is the empty list. */
  revision: number;
}
