// A process for the tests of `runService`; its first argument says how it behaves.

import { setTimeout as sleep } from 'node:timers/promises';
import { runService } from '../src/index.ts';

const [, , behaviour] = process.argv;

await runService({
  name: 'sample',
  stopMs: 500,
  async start({ log, config }) {
    if (behaviour === 'no-start') throw new Error('no database');
    if (behaviour === 'slow-start') {
      log.info('starting');
      await sleep(200);
    }
    if (behaviour === 'throw')
      setTimeout(() => {
        throw new Error('nobody caught me');
      }, 50);
    if (behaviour === 'reject') setTimeout(() => void Promise.reject(new Error('nobody caught me')), 50);
    const alive = setInterval(() => {}, 1000);
    return {
      ready: { port: 1234, token: 'secret-value', log_level: config.logLevel },
      async stop() {
        if (behaviour === 'hang') await new Promise(() => {});
        if (behaviour === 'no-stop') throw new Error('cannot close');
        await sleep(100);
        log.info('closed');
        clearInterval(alive);
      },
    };
  },
});
