// What a strategy's target has to be for a host to be able to match it.

import { validRange } from 'semver';

export interface TargetFault {
  /** Within the target: `labels.env`. */
  readonly field: string;
  /** Continues a sentence that begins with the field. */
  readonly reason: string;
}

interface TargetInput {
  readonly labels?: Readonly<Record<string, unknown>>;
  readonly eggs?: readonly { readonly versions?: string }[];
}

/** The keys that labels of hosts have. */
const KEY = /^[A-Za-z0-9]([A-Za-z0-9_/-]*[A-Za-z0-9])?$/;
const LONGEST_KEY = 63;
const LONGEST_VALUE = 255;
const MOST_VALUES = 1000;

/** All that is wrong with a target. */
export function targetFaults({ labels = {}, eggs = [] }: TargetInput): TargetFault[] {
  const ofLabels = Object.entries(labels).flatMap(([key, values]) => {
    const reason = refuseLabel(key, values);
    return reason === undefined ? [] : [{ field: `labels.${key}`, reason }];
  });
  const ofEggs = eggs.flatMap(({ versions }, index) => {
    const isRange = versions === undefined || validRange(versions) !== null;
    const reason = 'is no range of semantic versions such as >=1.2.0 <2.0.0';
    return isRange ? [] : [{ field: `eggs[${index}].versions`, reason }];
  });
  return [...ofLabels, ...ofEggs];
}

function refuseLabel(key: string, values: unknown): string | undefined {
  if (key.length > LONGEST_KEY || !KEY.test(key)) return 'is no label that a host can have';
  if (!Array.isArray(values) || values.length === 0 || values.length > MOST_VALUES) {
    return `has to be a list of 1 to ${MOST_VALUES} values`;
  }
  const isText = values.every((value) => typeof value === 'string' && value.length <= LONGEST_VALUE);
  return isText ? undefined : `has a value that is no text of at most ${LONGEST_VALUE} characters`;
}
