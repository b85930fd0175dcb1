// The set of who put an entry there. The same entry from another source joins the set; with its last source the entry goes.

/** The set with one more source, in order of arrival; undefined if it is there already. Leaves `sources` as it was. */
export function joinSource(sources: readonly string[], source: string): string[] | undefined {
  return sources.includes(source) ? undefined : [...sources, source];
}

/** The set without a source, or `gone` if none is left. A source that is not there changes nothing: the same array comes back. */
export function dropSource(sources: readonly string[], source: string): readonly string[] | 'gone' {
  const rest = sources.includes(source) ? sources.filter((other) => other !== source) : sources;
  return rest.length === 0 ? 'gone' : rest;
}
