// The callers of the gateway: keep-alive connections of HTTP/1.1, one for each, from a process of their own.

import { closedLoop } from '../closed-loop.ts';
import { HttpConnection } from './http-connection.ts';
import { serveRounds, settings } from './protocol.ts';

const { httpPort } = settings<{ httpPort: number }>();
const idle: HttpConnection[] = [];
let names = 0;

async function add(): Promise<void> {
  const connection = idle.pop() ?? (await HttpConnection.open(httpPort));
  await connection.post('/domain/add', `{"domain":"gateway-${++names}.bench.example.com"}`);
  idle.push(connection);
}

serveRounds({ add: (callers, ms) => closedLoop(callers, ms, add) });
