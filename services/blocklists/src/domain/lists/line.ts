// What one line of a list says: rules about domains, nothing, or something that is refused. Every format reads lines to this.

import type { Action } from '../precedence.ts';
import type { DomainMatch } from '../domain-block.ts';

/** A rule about one name, as it was written: the name is not checked yet. */
export interface Rule {
  readonly domain: string;
  readonly match: DomainMatch;
  readonly action: Action;
}

/** Rules, of which a hosts line can hold several; none for what is passed over. */
export type LineRules =
  { readonly rules: readonly Rule[]; readonly reason?: never } | { readonly reason: string };

/** Longer lines are no rule of a format that holds one domain a line. */
export const LONGEST_TEXT_LINE = 64 * 1024;

/** A comment, a header, a blank line. */
export const NOTHING: LineRules = { rules: [] };

/** A line that says something which the list cannot keep; the reason continues a sentence that begins with the line. */
export function refusedLine(reason: string): LineRules {
  return { reason };
}

/** A line that blocks one name. */
function blocking(domain: string, match: DomainMatch): LineRules {
  return { rules: [{ domain, match, action: 'block' }] };
}

/** The line without the blanks around it and a comment behind it, which begins with ` #`. */
export function withoutComment(line: string): string {
  const comment = /\s#/.exec(line);
  return (comment ? line.slice(0, comment.index) : line).trim();
}

/** Whether the whole line is a comment, or blank. */
export function isComment(text: string): boolean {
  return text === '' || text.startsWith('#') || text.startsWith('!');
}

/** A name alone (`exact`), or `*.name` (`wildcard`). */
export function nameAlone(text: string): LineRules {
  return text.startsWith('*.') ? blocking(text.slice(2), 'wildcard') : blocking(text, 'exact');
}
