// How a list of hosts is asked for by labels: `key=value`, `key:value`, or `key` for any value.

/** A condition on one label; without a value, that it is there. */
export interface LabelCondition {
  readonly key: string;
  readonly value?: string;
}

const KEY = /^[A-Za-z0-9]([A-Za-z0-9_/-]*[A-Za-z0-9])?$/;

/** Reads a condition; undefined where it is none. */
export function parseLabel(text: string): LabelCondition | undefined {
  const end = text.search(/[=:]/);
  const key = end === -1 ? text : text.slice(0, end);
  if (!KEY.test(key)) return undefined;
  return end === -1 ? { key } : { key, value: text.slice(end + 1) };
}
