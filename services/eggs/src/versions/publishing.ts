// Publishing: what the egg and the files say of a version is looked at before the commit that publishes it, and told in the log after it.

import type { Egg, EggVersion, File } from '@egg/contract/types/eggs';
import type { CallContext, Log } from '@egg/rpc';
import { invalidField } from '@egg/rpc/errors';
import type { Fields, Preparation } from '@egg/store';
import { decidePublication, isPublishing } from '../domain/publish.ts';
import { unmet } from './rules.ts';

type Context = Pick<CallContext, 'caller' | 'requestId'>;

export class Publishing {
  /** The eggs whose keys were asked, by the call that publishes. */
  readonly #asked = new WeakMap<object, Egg>();

  /**
   * The fields that a commit is to leave: of one that publishes, with the moment and the key that signed. Throws INVALID_ARGUMENT where
   * the egg or a file is not there, FAILED_PRECONDITION that names what is not signed.
   */
  readonly prepare = async (
    after: Fields<EggVersion>,
    before: EggVersion | undefined,
    at: Preparation,
  ): Promise<Fields<EggVersion>> => {
    if (!isPublishing(before, after)) return after;
    const egg = await at.read<Egg>('eggs', after.egg_id);
    if (!egg) throw invalidField('egg_id', `names eggs ${after.egg_id}, which is not there`);
    const hashes = await Promise.all(
      after.files.map(async ({ file_id }, index) => {
        const file = await at.read<File>('files', file_id);
        if (!file)
          throw invalidField(`files[${index}].file_id`, `names files ${file_id}, which is not there`);
        return file.sha256;
      }),
    );
    const decided = decidePublication(egg, after.files, hashes);
    if (!decided.ok) throw unmet(decided.faults);
    this.#asked.set(at.context, egg);
    const { signedBy } = decided;
    return { ...after, published_at: new Date(), ...(signedBy !== undefined && { signed_by: signedBy }) };
  };

  /** Tells what a call has published, once its commit is there; nothing of a call that published nothing. */
  tell(log: Pick<Log, 'info'>, context: Context, version: EggVersion): void {
    const egg = this.#asked.get(context);
    if (!egg) return;
    this.#asked.delete(context);
    const { id, revision, signed_by } = version;
    log.info(
      {
        actor: context.caller.name,
        request_id: context.requestId,
        egg: egg.name,
        egg_id: egg.id,
        version: version.version,
        version_id: id,
        revision,
        signed: signed_by !== undefined,
        ...(signed_by !== undefined && { signed_by }),
      },
      signed_by === undefined ? 'version published unsigned' : 'version published, its signatures verified',
    );
  }
}
