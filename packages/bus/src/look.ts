// One look at a stream, for whoever wants to know whether something of it is still what it was.

import { type Bus, LinkLostError } from './bus.ts';
import { readStored, readStream, type StreamState } from './stream.ts';
import { unlessAborted } from './waiting.ts';

export interface StreamLook extends StreamState {
  /** The payload at the revision that was asked for; absent if it is not kept. */
  readonly payload?: Uint8Array;
}

/**
 * How far a stream goes and what it has at one revision; undefined if there is no such stream. Waits for the bus to be up. Rejects
 * with the signal's reason when that is aborted, or with what the bus answers.
 */
export async function lookAt(
  bus: Bus,
  stream: string,
  revision: number,
  signal: AbortSignal,
): Promise<StreamLook | undefined> {
  for (;;) {
    const link = await bus.link(signal);
    try {
      const state = await unlessAborted(readStream(link, stream), link.lost, signal);
      if (!state) return undefined;
      if (revision < state.first || revision > state.last) return state;
      const payload = await unlessAborted(readStored(link, stream, revision), link.lost, signal);
      return { ...state, ...(payload && { payload }) };
    } catch (error) {
      if (!(error instanceof LinkLostError)) throw error;
    }
  }
}
