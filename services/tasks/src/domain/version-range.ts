// Ranges of versions in targets, as node-semver reads them.

import { Range } from 'semver';

export type InRange = (version: string) => boolean;

/**
 * Reads a range once, for many versions; one that is none has no versions. As npm has it, a pre-release is only in a range that names a
 * pre-release of the same major.minor.patch. What node-semver does not take for a version is in the range that is the same text.
 */
export function readRange(text: string): InRange {
  try {
    const range = new Range(text);
    return (version) => version === text || range.test(version);
  } catch {
    return (version) => version === text;
  }
}
