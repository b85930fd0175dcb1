// Reads `application/x-www-form-urlencoded`, the form of queries and of the original routes' bodies. Unlike the usual parsers it
// refuses what is not well encoded, instead of taking it as it stands.

import type { Violation } from '@egg/contract';
import { invalidFields } from '@egg/rpc';

/** Values by name: text, or a list of texts where a name came more than once. Has no prototype, so any name is only a name. */
export type TextFields = Record<string, string | string[]>;

/** Throws INVALID_ARGUMENT that names the fields whose percent-encoding is malformed or not UTF-8. */
export function parseText(text: string): TextFields {
  const fields = Object.create(null) as TextFields;
  const violations: Violation[] = [];
  for (const pair of text.split('&')) {
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    const rawName = equals === -1 ? pair : pair.slice(0, equals);
    const name = decode(rawName);
    const value = equals === -1 ? '' : decode(pair.slice(equals + 1));
    if (name === undefined || value === undefined) {
      violations.push({ field: name ?? rawName, reason: 'is not percent-encoded UTF-8' });
      continue;
    }
    const before = fields[name];
    fields[name] = before === undefined ? value : [before, value].flat();
  }
  if (violations.length > 0) throw invalidFields(violations);
  return fields;
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}
