// Frames on the wire: many calls, or many answers, in one message. The proto is read once.

import { resolve } from 'node:path';
import protobuf from 'protobufjs';

/** A call as it travels. With an empty method it cancels the call of this id. */
export interface CallFrame {
  readonly id: number;
  readonly method: string;
  /** Milliseconds from now; 0 is for ever. */
  readonly timeout_ms: number;
  readonly metadata: Readonly<Record<string, string>>;
  readonly request: Uint8Array;
}

/** An answer as it travels. `code` 0 is OK, and then there is a reply; else `details` say what went wrong. */
export interface AnswerFrame {
  readonly id: number;
  readonly code: number;
  readonly message: string;
  readonly details: Uint8Array;
  readonly reply: Uint8Array;
}

export interface Answers {
  readonly answers: readonly AnswerFrame[];
  readonly going_away: boolean;
}

/** The one method of `egg.rpc.v1.FrameService`. */
export const EXCHANGE = {
  path: '/egg.rpc.v1.FrameService/Exchange',
  requestStream: true,
  replyStream: true,
} as const;

/** What a frame takes besides its payload: names, ids and details of an error. */
export const FRAME_SLACK_BYTES = 128 * 1024;
/** At most this much of it for the details of an error, so that one answer always fits. */
export const MAX_FRAME_DETAILS_BYTES = 48 * 1024;
/** At most this much of it for the metadata of a call. */
export const MAX_FRAME_METADATA_LENGTH = 16 * 1024;

const root = new protobuf.Root().loadSync(
  resolve(import.meta.dirname, '../../../proto/egg/rpc/v1/frames.proto'),
  {
    keepCase: true,
  },
);
const CallsType = root.lookupType('egg.rpc.v1.Calls');
const AnswersType = root.lookupType('egg.rpc.v1.Answers');

/** Fields that are not given are not sent. */
export function encodeCalls(calls: readonly Partial<CallFrame>[]): Buffer {
  return CallsType.encode({ calls }).finish() as Buffer;
}

/** Throws on malformed bytes. */
export function decodeCalls(bytes: Uint8Array): readonly CallFrame[] {
  return (CallsType.decode(bytes) as unknown as { calls: CallFrame[] }).calls;
}

/** Fields that are not given are not sent. */
export function encodeAnswers(answers: readonly Partial<AnswerFrame>[], goingAway = false): Buffer {
  return AnswersType.encode(goingAway ? { answers, going_away: true } : { answers }).finish() as Buffer;
}

/** Throws on malformed bytes. */
export function decodeAnswers(bytes: Uint8Array): Answers {
  return AnswersType.decode(bytes) as unknown as Answers;
}
