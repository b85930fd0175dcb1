// The formats of lists by name.

import { readAdblock, writeAdblock } from './adblock.ts';
import { isRecordLine, readAuto } from './auto.ts';
import { readDnsmasq, writeDnsmasq } from './dnsmasq.ts';
import { readHosts, writeHosts } from './hosts.ts';
import type { LineRules, Rule } from './line.ts';
import { readPlain, writePlain } from './plain.ts';

export type TextFormat = 'plain' | 'hosts' | 'adblock' | 'dnsmasq';
export type ListFormat = TextFormat | 'auto' | 'jsonl';

/** Whether a line is to be read as a record in this format. */
export function holdsRecord(format: ListFormat, line: string): boolean {
  return format === 'jsonl' || (format === 'auto' && isRecordLine(line));
}

/** How each format reads a line that is no record. */
export const READERS: Readonly<Record<TextFormat | 'auto', (line: string) => LineRules>> = {
  plain: readPlain,
  hosts: readHosts,
  adblock: readAdblock,
  dnsmasq: readDnsmasq,
  auto: readAuto,
};

export interface Writer {
  /** The line of a rule; undefined for what the format cannot say. */
  readonly write: (rule: Rule) => string | undefined;
  /** What begins a comment. */
  readonly comment: string;
}

/** How each format writes a rule. */
export const WRITERS: Readonly<Record<TextFormat, Writer>> = {
  plain: { write: writePlain, comment: '#' },
  hosts: { write: writeHosts, comment: '#' },
  adblock: { write: writeAdblock, comment: '!' },
  dnsmasq: { write: writeDnsmasq, comment: '#' },
};
