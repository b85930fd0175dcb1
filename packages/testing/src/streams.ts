// Takes the streams of a test away from the bus again. The bus itself never deletes one.

import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';

/** Deletes every stream whose name begins with the prefix. */
export async function deleteStreams(natsUrl: string, prefix: string): Promise<void> {
  const connection = await connect({ servers: natsUrl });
  try {
    const manager = await jetstreamManager(connection);
    for await (const name of manager.streams.names()) {
      if (name.startsWith(`${prefix}_`)) await manager.streams.delete(name);
    }
  } finally {
    await connection.close();
  }
}
