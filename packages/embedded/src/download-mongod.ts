// Downloads a real mongod by what mongodb-memory-server-core knows of versions, platforms and mirrors:
// `node download-mongod.ts VERSION DIR` prints the binary's path as its last line. Fails within 2 s when the host is not reached.

import { Agent, request } from 'node:https';
import { DryMongoBinary } from 'mongodb-memory-server-core/lib/util/DryMongoBinary.js';
import { MongoBinaryDownload } from 'mongodb-memory-server-core/lib/util/MongoBinaryDownload.js';
import { MongoBinaryDownloadUrl } from 'mongodb-memory-server-core/lib/util/MongoBinaryDownloadUrl.js';

const REACH_MS = 2000;

const [version = '', downloadDir = ''] = process.argv.slice(2);
const base = await DryMongoBinary.generateOptions({ version, downloadDir });
const options = { ...base, platform: process.platform, checkMD5: true };
try {
  const url = await new MongoBinaryDownloadUrl(options).getDownloadUrl();
  await reach(url);
  console.log(await new MongoBinaryDownload(options).getMongodPath());
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  // A name that is still being looked up would keep this process for as long as the resolver tries.
  process.exit(1);
}

/** The downloader itself tries again and again for minutes; behind a proxy the proxy is asked, as it does. */
function reach(url: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const agent = new Agent({ proxyEnv: process.env });
  const probe = request(url, { method: 'HEAD', agent, signal: AbortSignal.timeout(REACH_MS) });
  probe.once('response', (response) => {
    response.resume();
    agent.destroy();
    const status = response.statusCode ?? 0;
    if (status < 400) resolve();
    else reject(new Error(`${probe.host} answered ${status}`));
  });
  probe.once('error', (error) => reject(new Error(`${probe.host} cannot be reached: ${error.message}`)));
  probe.end();
  return promise;
}
