// A bound of our own on what is asked of the database. The driver's time limits do not hold everywhere: a call that was under way when
// the server was killed was seen to neither end nor fail.

/** More than the database takes for anything that a writer asks of it. */
const ANSWER_MS = 5000;

/**
 * The outcome of `operation`, or an error when there is none within `ms`. What was asked may be done all the same, then or later: the
 * caller has to treat it as unknown.
 */
export async function bounded<T>(operation: Promise<T>, ms = ANSWER_MS): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`the database did not answer within ${ms} ms`)), ms);
  try {
    return await Promise.race([operation, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
