// Asks a service of this system for its health (grpc.health.v1) and ends with status 0 if it serves: `node health-check.ts HOST:PORT`.
// For containers, which ask every few seconds: by hand on HTTP/2, because to load a gRPC library costs several times the question.

import { connect } from 'node:http2';

const TIMEOUT_MS = 3000;
/** An empty HealthCheckRequest, which means the server as a whole, in gRPC's framing: no compression, no bytes. */
const WHOLE_SERVER = Buffer.alloc(5);
/** A HealthCheckResponse with `status: SERVING`: two bytes. */
const SERVING = Buffer.of(0, 0, 0, 0, 2, 0x08, 1);

try {
  await check(process.argv[2] ?? '');
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

/** Throws an Error that says why the server does not serve. */
async function check(address: string): Promise<void> {
  if (!/:\d+$/.test(address)) throw new Error('usage: node health-check.ts HOST:PORT');
  const session = connect(`http://${address}`);
  let timer: NodeJS.Timeout | undefined;
  try {
    const reply = await new Promise<Buffer>((resolve, reject) => {
      timer = setTimeout(() => reject(new Error('no answer in time')), TIMEOUT_MS);
      session.once('error', reject);
      const stream = session.request({
        ':method': 'POST',
        ':path': '/grpc.health.v1.Health/Check',
        'content-type': 'application/grpc',
        te: 'trailers',
      });
      const chunks: Buffer[] = [];
      // Of a connection that fails the session says why, and the stream hears of it first.
      stream.on('error', () => undefined);
      stream.once('close', () =>
        setImmediate(reject, new Error('the connection was closed before an answer')),
      );
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.once('end', () => resolve(Buffer.concat(chunks)));
      stream.end(WHOLE_SERVER);
    });
    if (!reply.equals(SERVING)) throw new Error('not serving');
  } finally {
    clearTimeout(timer);
    session.destroy();
  }
}
