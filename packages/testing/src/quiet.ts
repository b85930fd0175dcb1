/** A log that says nothing. */
export const quiet = {
  debug(): void {},
  info(): void {},
  warn(): void {},
  error(): void {},
};
