// The echo service as a process of its own, to be killed. Its argument is the port.

import { Seen, serve } from './echo.ts';

const server = await serve(new Seen({ remember: false }), { port: Number(process.argv[2]) });
process.send?.(server.port);
