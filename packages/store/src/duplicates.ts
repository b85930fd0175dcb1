// What a database says where an `_id` is taken, which is how replicas learn that another was first.

const E11000 = 11000;

/** Whether a single write was refused because its `_id` is taken. */
export function isDuplicate(error: unknown): boolean {
  return (error as { code?: unknown }).code === E11000;
}

/** Whether it was made: false where its `_id` is taken. Throws what else goes wrong. */
export async function unlessTaken(write: Promise<unknown>): Promise<boolean> {
  try {
    await write;
    return true;
  } catch (error) {
    if (isDuplicate(error)) return false;
    throw error;
  }
}

/** The indexes of those writes of a bulk that met an `_id` that is taken, all others being made; undefined if the error says anything else. */
export function takenIn(error: unknown): number[] | undefined {
  // A single insert says it without a list.
  const { writeErrors = error } = error as { writeErrors?: unknown };
  const errors = (Array.isArray(writeErrors) ? writeErrors : [writeErrors]) as (
    { index?: number } | undefined
  )[];
  if (!isDuplicate(error) || errors.some((one) => one === undefined || !isDuplicate(one))) return undefined;
  return errors.map((one) => one?.index ?? 0);
}
