// The bytes of Server-Sent Events (WHATWG HTML, 9.2).

/** Says to wait two seconds before connecting again, and makes what stands between look at the answer as begun. */
export const OPENING = Buffer.from('retry: 2000\n:\n\n');

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;

/** An event without its id, so that many can share it. */
export function eventBody(type: string, payload: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(`event: ${type}\ndata: `), dataLines(payload), Buffer.from('\n\n')]);
}

/** An event of the gateway's own. */
export function ownEvent(type: string, id: string, data: object): Buffer {
  return Buffer.from(`id: ${id}\nevent: ${type}\ndata: ${JSON.stringify(data)}\n\n`);
}

/** What goes before an event's body. */
export function idLine(id: string): Buffer {
  return Buffer.from(`id: ${id}\n`);
}

/** A comment that shows that the connection lives, and how far the client was told: that is no event, but it is remembered. */
export function heartbeat(id?: string): Buffer {
  return Buffer.from(id === undefined ? ':\n\n' : `:\nid: ${id}\n\n`);
}

/** What the bus has is one line; from elsewhere it may be several, which the client puts together again. */
function dataLines(payload: Uint8Array): Uint8Array {
  if (!payload.includes(LINE_FEED) && !payload.includes(CARRIAGE_RETURN)) return payload;
  return Buffer.from(
    Buffer.from(payload)
      .toString()
      .split(/\r\n|\r|\n/)
      .join('\ndata: '),
  );
}
