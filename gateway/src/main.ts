// The gateway's process.

import { loadContract } from '@egg/contract';
import { makeAuthorize, runService } from '@egg/service';
import { startGateway } from './start.ts';

await runService({
  name: 'gateway',
  start: (context) =>
    startGateway({ ...context, contract: loadContract(), authorize: makeAuthorize(context.config) }),
});
