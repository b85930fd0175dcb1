// What was decided of a schedule, read in windows of turns: a history may be of millions.

import { entriesOf, type Position, type Told } from './history.ts';
import type { Turns } from './turns.ts';

const WINDOW = 500;

/** The next entries behind a position, at most `limit`. */
export async function readDecisions(
  turns: Turns,
  schedule: number,
  { turn, part }: Position,
  limit: number,
): Promise<Told[]> {
  const times = await turns.read(schedule);
  if (!times) return [];
  const told: Told[] = [];
  // The turn that was told last may have been told in part. A decision that the times were not led behind yet is in the window as well.
  for (let after = Math.max(turn, times.first_turn) - 1; after <= times.turn; after += WINDOW) {
    for (const decision of await turns.between(schedule, after, after + WINDOW)) {
      told.push(
        ...entriesOf(decision).filter(({ behind }) => decision.turn > turn || (behind.part ?? 0) > part),
      );
    }
    if (told.length >= limit) break;
  }
  return told.slice(0, limit);
}
