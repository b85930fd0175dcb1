// What a benchmark is made of: things that are measured in rounds, and cases that are held against one of them.

/** What one round did, and how long it took. */
export interface Round {
  readonly ops: number;
  readonly seconds: number;
}

/** Something that is measured. Those with the same name are the same thing and are measured once. */
export interface Measured {
  readonly name: string;
  /** Who calls what, in a sentence, for whoever reads the figures. */
  readonly what: string;
  /** One round, some seconds long. Rejects where a call fails: what is measured has to work. */
  round(): Promise<Round>;
  /** The processes that have a part in it, by name, for the CPU that an operation costs in each. */
  processes(): Readonly<Record<string, number>>;
}

/** A thing that is measured against another of the same run. */
export interface Case extends Measured {
  readonly baseline: Measured;
  /** How many times the baseline's rate it is to have. */
  readonly aim: number;
}
