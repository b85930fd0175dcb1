// Takes the streams of a test away from the bus again. The bus itself never deletes one that it did not make.

import { connectBus } from '@egg/bus';
import { quiet } from './quiet.ts';

const LIMIT_MS = 10_000;

/** Deletes every stream whose name begins with the prefix. */
export async function deleteStreams(natsUrl: string, prefix: string): Promise<void> {
  const bus = connectBus({ url: natsUrl, prefix, name: 'test', log: quiet });
  try {
    const { jsm } = await bus.link(AbortSignal.timeout(LIMIT_MS));
    for await (const name of jsm.streams.names()) {
      if (name.startsWith(`${prefix}_`)) await jsm.streams.delete(name);
    }
  } finally {
    await bus.close();
  }
}
