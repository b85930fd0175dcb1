// What a subscription has to be, beyond what the proto says.

import type {
  AddSubscriptionRequest,
  Subscription,
  UpdateSubscriptionRequest,
} from '@egg/contract/types/blocklists';
import { invalidField } from '@egg/rpc/errors';
import type { Fields } from '@egg/store';
import { refuseUnprintable } from '../domain/plain-text.ts';
import type { RefuseAddress } from './addresses.ts';
import { readListUrl } from './list-url.ts';

const A_DAY = 86_400;
/** The source of what is added by hand: a list must not replace that. */
const BY_HAND = 'manual';

/** A new subscription's own fields. */
export function newSubscription(
  request: AddSubscriptionRequest,
  refuse: RefuseAddress,
): Fields<Subscription> {
  const { name, url, format = 'auto', refresh_seconds = A_DAY, enabled = true } = request;
  const unprintable = refuseUnprintable(name);
  if (unprintable !== undefined) throw invalidField('name', unprintable);
  if (name.trim() !== name) throw invalidField('name', 'has blanks around it');
  if (name === BY_HAND) throw invalidField('name', 'is the source of what is added by hand');
  refuseUrl(url, refuse);
  return { name, url, format, refresh_seconds, enabled };
}

/** The own fields that an update leaves. */
export function changedSubscription(
  record: Subscription,
  request: UpdateSubscriptionRequest,
  refuse: RefuseAddress,
): Fields<Subscription> {
  const { name, url, format, refresh_seconds, enabled } = { ...record, ...request };
  if (url !== record.url) refuseUrl(url, refuse);
  return { name, url, format, refresh_seconds, enabled };
}

function refuseUrl(url: string, refuse: RefuseAddress): void {
  const { reason } = readListUrl(url, refuse);
  if (reason !== undefined) throw invalidField('url', reason);
}
