/** For `vi.waitFor`, of what has to become so and has no time of its own to keep. A machine that does much else takes seconds. */
export const WITHIN = { timeout: 20_000, interval: 20 } as const;
