// What a record of an egg is made of: the keys have to be keys, before a release fails to be published because of them.

import type { AddEggRequest, Egg, UpdateEggRequest } from '@egg/contract/types/eggs';
import { invalidFields } from '@egg/rpc/errors';
import type { Fields } from '@egg/store';
import { refusePublicKey } from '../domain/signature.ts';

/** A new egg's fields. Throws INVALID_ARGUMENT that names the keys that are none. */
export function newEgg({
  name,
  description = '',
  public_keys = [],
  allow_unsigned = false,
}: AddEggRequest): Fields<Egg> {
  refuseKeys(public_keys);
  return { name, description, public_keys, allow_unsigned };
}

/** The fields that an update leaves. Throws INVALID_ARGUMENT that names the keys that are none. */
export function changedEgg(record: Egg, { clear = [], ...request }: UpdateEggRequest): Fields<Egg> {
  const { name = record.name, allow_unsigned = record.allow_unsigned } = request;
  const { description = record.description, public_keys = record.public_keys } = request;
  refuseKeys(request.public_keys ?? []);
  return {
    name,
    description: clear.includes('description') ? '' : description,
    public_keys: clear.includes('public_keys') ? [] : public_keys,
    allow_unsigned,
  };
}

function refuseKeys(keys: readonly string[]): void {
  const violations = keys.flatMap((key, index) => {
    const reason = refusePublicKey(key);
    return reason === undefined ? [] : [{ field: `public_keys[${index}]`, reason }];
  });
  if (violations.length > 0) throw invalidFields(violations);
}
