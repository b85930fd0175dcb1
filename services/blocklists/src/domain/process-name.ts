// The name of a process: kept as the operator wrote it, compared without case. It is a whole path where it holds a separator, of
// whichever system, else a base name; `*` is any.

import { refuseUnprintable } from './plain-text.ts';

export type ProcessName =
  { readonly ok: true; readonly process: string } | { readonly ok: false; readonly reason: string };

/** In Unicode characters, as the proto counts them. Linux's PATH_MAX; Windows has more only in theory. */
const LONGEST_PROCESS = 4096;

/** Any process. */
export const ANY_PROCESS = '*';

/** Checks the name of a process and keeps it as it is. A `reason` continues a sentence that begins with the field. */
export function processName(text: string): ProcessName {
  const reason = refuseProcess(text);
  return reason === undefined ? { ok: true, process: text } : { ok: false, reason };
}

function refuseProcess(text: string): string | undefined {
  if (text === '') return 'is empty';
  const unprintable = refuseUnprintable(text);
  if (unprintable) return unprintable;
  if (text.trim() === '') return 'is only white space';
  if (text.length > LONGEST_PROCESS && Array.from(text).length > LONGEST_PROCESS) {
    return `is longer than ${LONGEST_PROCESS} characters`;
  }
  return /[/\\]$/.test(text) ? 'ends in a separator, as a directory does and no process' : undefined;
}

/**
 * The form that names are compared in, also for what a check sends; the key of a key is itself. Lower case by Unicode, whatever the
 * locale. The final sigma is made a plain one (as in CaseFolding.txt), since which of the two `toLowerCase` gives depends on what
 * stands around it. NFC, because macOS hands out file names decomposed that keyboards write composed. Separators stay as they are.
 */
export function processKey(process: string): string {
  return process.normalize('NFC').toLowerCase().replaceAll('ς', 'σ').normalize('NFC');
}

/** Whether the name is a path: it holds a separator of POSIX or of Windows, whichever system the host runs. */
export function isPath(process: string): boolean {
  return /[/\\]/.test(process);
}

/** What follows the last separator; all of it where there is none. */
export function baseName(process: string): string {
  return process.slice(Math.max(process.lastIndexOf('/'), process.lastIndexOf('\\')) + 1);
}
