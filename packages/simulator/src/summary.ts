// What a simulation tells: as it goes, and in the end.

/** Of executions, by what the host that was given them has made of them. */
export interface ExecutionCounts {
  /** Attempts that hosts were given, each counted once. */
  readonly given: number;
  /** How often an attempt was given again. */
  readonly given_again: number;
  readonly under_way: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly rejected: number;
  /** Taken and never told of. */
  readonly crashed: number;
}

export interface Latency {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** A run that hosts were given work of, as the server shows it. */
export interface SeenRun {
  readonly id: number;
  readonly state: string;
  readonly wave: number;
  readonly counts: Readonly<Record<string, number>>;
}

export interface Summary {
  readonly hosts: {
    readonly wanted: number;
    /** Those that the server knows: enrolled now, or known from an earlier simulation. */
    readonly ready: number;
    readonly enrolled: number;
    /** Never come. */
    readonly offline: number;
  };
  /** Since all hosts are enrolled; 0 before. */
  readonly seconds: number;
  readonly check_ins: {
    readonly answered: number;
    /** In the whole time that hosts came; for progress, of late. */
    readonly per_second: number;
    readonly latency_ms: Latency;
    /** How long after they were due requests were sent: what of the load is the simulator's own fault. */
    readonly late_ms: Latency;
  };
  /** Requests without a good answer, by code. */
  readonly errors: Readonly<Record<string, number>>;
  readonly executions: ExecutionCounts;
  readonly runs: readonly SeenRun[];
  readonly violations: {
    readonly total: number;
    readonly by_kind: Readonly<Record<string, number>>;
    /** The first ones, in words. */
    readonly first: readonly string[];
  };
}
