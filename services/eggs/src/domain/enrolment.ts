// What an enrolment makes of a host that is there: one that never enrolled is taken, one that has is nobody's to take.

/** What of a host's record an enrolment is decided on. */
export interface Enrollable {
  readonly labels: Readonly<Record<string, string>>;
  readonly address: string;
  readonly token_key?: string;
}

export interface Enrolment {
  readonly name: string;
  readonly platform: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** Names the secret that the host gets. */
  readonly key: string;
  readonly at: Date;
}

/** The fields that an enrolment leaves; undefined where the host has enrolled. */
export function enrol(there: Enrollable | undefined, { name, platform, labels, key, at }: Enrolment) {
  if (there?.token_key !== undefined) return undefined;
  const said = labels !== undefined && Object.keys(labels).length > 0;
  return {
    name,
    platform,
    labels: { ...(said ? labels : there?.labels) },
    address: there?.address ?? '',
    enrolled_at: at,
    token_key: key,
  };
}
