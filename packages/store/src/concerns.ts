// How sure a database has to be of what is written to it, and of what is read from it.

/** A write that is answered only when a crash of the database cannot take it back. */
export const DURABLE = { writeConcern: { w: 'majority', j: true } } as const;

/** A read of what no crash can take back. */
export const MAJORITY = { readConcern: { level: 'majority' } } as const;
