// The gateway's process.

import { loadContract } from '@egg/contract';
import { gatewayAccess, runService } from '@egg/service';
import { startGateway } from './start.ts';

await runService({
  name: 'gateway',
  start: async (context) => {
    const access = gatewayAccess(context);
    const running = await startGateway({ ...context, contract: loadContract(), access });
    return {
      ...running,
      stop: async () => {
        await running.stop();
        await access.close();
      },
    };
  },
});
