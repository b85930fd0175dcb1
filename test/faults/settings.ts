// How long the faults go on: EGG_FAULT_ROUNDS kills of each part (10), or until EGG_FAULT_SECONDS are over.

const { EGG_FAULT_ROUNDS = '10', EGG_FAULT_SECONDS = '' } = process.env;

/** Kills of each part. */
export const ROUNDS = Number(EGG_FAULT_ROUNDS);

/** The part of the time that a file may take, in milliseconds. */
export function share(of: number): number {
  return EGG_FAULT_SECONDS === '' ? Number.POSITIVE_INFINITY : Number(EGG_FAULT_SECONDS) * 1000 * of;
}
