// One name a line: `name` is that name alone, `*.name` all below it.

import {
  isComment,
  type LineRules,
  nameAlone,
  NOTHING,
  refusedLine,
  type Rule,
  withoutComment,
} from './line.ts';

/** Reads one line. */
export function readPlain(line: string): LineRules {
  if (isComment(line.trim())) return NOTHING;
  const text = withoutComment(line);
  if (/\s/.test(text)) return refusedLine('has more than one name');
  return nameAlone(text);
}

/** Writes one rule; undefined for what the format cannot say. */
export function writePlain({ domain, match, action }: Rule): string | undefined {
  if (action === 'allow' || match === 'subdomains') return undefined;
  return match === 'wildcard' ? `*.${domain}` : domain;
}
