// A client of Server-Sent Events that remembers all it got, and the last id as a browser does.

import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { expect, vi } from 'vitest';

interface SseEvent {
  readonly id: string;
  readonly type: string;
  readonly data: string;
}

export interface EventClient {
  readonly response: IncomingMessage;
  readonly events: SseEvent[];
  readonly comments: string[];
  readonly isClosed: boolean;
  /** What a browser would send as `Last-Event-ID`. */
  readonly lastId: string;
  /** The `retry` that was said. */
  readonly retry: string;
  /** The ids of the CloudEvents so far: `domain_block:7`. */
  ids(): string[];
  /** Resolves when there are as many events of the bus. */
  has(count: number): Promise<void>;
  /** Resolves with the first event of a type. */
  first(type: string): Promise<SseEvent>;
  close(): void;
}

/** Events of the gateway's own. */
const OWN = new Set(['ready', 'reset']);
const WAIT_MS = 25_000;

/** Resolves when the head of the answer has come. */
export async function listen(
  url: string,
  { query = '', lastId, headers = {} }: { query?: string; lastId?: string; headers?: object } = {},
): Promise<EventClient> {
  const sent: ClientRequest = request(`${url}/events${query}`, {
    agent: false,
    headers: { accept: 'text/event-stream', ...(lastId && { 'last-event-id': lastId }), ...headers },
  });
  sent.on('error', () => {});
  sent.end();
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    sent.once('response', resolve).once('error', reject);
  });
  return follow(response);
}

function follow(response: IncomingMessage): EventClient {
  const state = {
    events: [] as SseEvent[],
    comments: [] as string[],
    isClosed: false,
    lastId: '',
    retry: '',
  };
  let text = '';
  response.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) take(block);
  });
  response.on('error', () => {}).once('close', () => (state.isClosed = true));

  function take(block: string): void {
    let type = 'message';
    const data: string[] = [];
    for (const line of block.split('\n')) {
      const [, field = '', value = ''] = /^([^:]*):? ?(.*)$/.exec(line) ?? [];
      if (field === '') state.comments.push(value);
      if (field === 'event') type = value;
      if (field === 'data') data.push(value);
      if (field === 'id') state.lastId = value;
      if (field === 'retry') state.retry = value;
    }
    if (data.length > 0) state.events.push({ id: state.lastId, type, data: data.join('\n') });
  }

  const ids = (): string[] =>
    state.events.filter(({ type }) => !OWN.has(type)).map(({ data }) => (JSON.parse(data) as SseEvent).id);
  const until = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: WAIT_MS, interval: 5 });
  return {
    response,
    get events() {
      return state.events;
    },
    get comments() {
      return state.comments;
    },
    get isClosed() {
      return state.isClosed;
    },
    get lastId() {
      return state.lastId;
    },
    get retry() {
      return state.retry;
    },
    ids,
    has: (count) => until(() => expect(ids().length).toBeGreaterThanOrEqual(count)),
    first: async (wanted) => {
      const find = (): SseEvent | undefined => state.events.find(({ type }) => type === wanted);
      await until(() => expect(find()).toBeDefined());
      return find() as SseEvent;
    },
    close: () => void response.destroy(),
  };
}
