// What no text of a blocklist may hold, because a form, a log line or a bus message could not show it or carry it unchanged.

/** Says why a text cannot be kept, continuing a sentence that names its field; undefined if it can. */
export function refuseUnprintable(text: string): string | undefined {
  const control = /\p{Cc}/u.exec(text);
  if (control) return `has a control character: ${showCharacter(control[0])}`;
  // A lone surrogate has no UTF-8 form: it would come back as another text than was sent.
  return text.isWellFormed() ? undefined : 'has half of a surrogate pair';
}

/** A character in quotes where a reader can see it, else by its code point, such as `U+00A0`. */
export function showCharacter(character: string): string {
  if (/^[\p{L}\p{N}\p{P}\p{S} ]$/u.test(character)) return JSON.stringify(character);
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
}
