// Variables of the environment: what each has to be, and how they are read. Relies on Ajv for defaults and checks.

import { Ajv } from 'ajv';
import { inNetworks } from './networks.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** What is wrong with the environment, one line for each variable. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('; '));
    this.problems = problems;
  }
}

export interface Variable {
  readonly schema: Readonly<Record<string, unknown>>;
  /** Goes on after the variable's name. */
  readonly rule: string;
  /** The value may stand in a log. */
  readonly shown?: boolean;
}

export const host = (fallback: string): Variable => ({
  schema: { type: 'string', pattern: '^[A-Za-z0-9.:_-]{1,253}$', default: fallback },
  rule: 'has to be a host name or an address',
  shown: true,
});
export const whole = (minimum: number, maximum: number, fallback?: number): Variable => ({
  schema: { type: 'integer', minimum, maximum, ...(fallback !== undefined && { default: fallback }) },
  rule: `has to be a whole number from ${minimum} to ${maximum}`,
  shown: true,
});
export const word = (pattern: string, fallback: string, rule: string): Variable => ({
  schema: { type: 'string', pattern, default: fallback },
  rule,
});
export const oneOf = (values: readonly string[], fallback: string): Variable => ({
  schema: { type: 'string', enum: values, default: fallback },
  rule: `has to be one of ${values.join(', ')}`,
  shown: true,
});
export const address: Variable = {
  schema: { type: 'string', pattern: '^(?:dns:///)?(?:\\[[0-9A-Fa-f:]+\\]|[A-Za-z0-9._-]+):\\d{1,5}$' },
  rule: 'has to be host:port',
  shown: true,
};

/** Addresses and networks, with commas between. */
export const networks: Variable = {
  schema: { type: 'string', format: 'networks' },
  rule: 'has to be addresses or networks such as 10.0.0.0/8, with commas between',
  shown: true,
};

type Values<V> = { readonly [name in keyof V]?: string | number };

/**
 * The values that an environment says, defaults filled in; an empty variable says nothing. Throws ConfigError that lists all that is
 * wrong.
 */
export function readVariables<V extends Readonly<Record<string, Variable>>>(
  variables: V,
  env: Environment,
): Values<V> {
  const properties = Object.fromEntries(
    Object.entries(variables).map(([name, { schema }]) => [name, schema]),
  );
  const ajv = new Ajv({
    allErrors: true,
    useDefaults: true,
    formats: { networks: areNetworks },
    // The schemas are ours. To compile the schema of schemas first would take longer than all of them.
    meta: false,
    validateSchema: false,
  });
  const values = said(variables, env);
  if (ajv.validate({ type: 'object', properties }, values)) return values;
  const names = new Set((ajv.errors ?? []).map(({ instancePath }) => instancePath.slice(1)));
  throw new ConfigError([...names].map((name) => problem(name, variables[name], env[name] ?? '')));
}

function areNetworks(text: string): boolean {
  try {
    inNetworks(text.split(','));
    return true;
  } catch {
    return false;
  }
}

function problem(name: string, variable: Variable | undefined, value: string): string {
  const { rule = 'is wrong', shown = false } = variable ?? {};
  return shown ? `${name} ${rule}, not ${JSON.stringify(value)}` : `${name} ${rule}`;
}

/** What the environment says of the variables, decimal digits as numbers where a number is wanted. */
function said(
  variables: Readonly<Record<string, Variable>>,
  env: Environment,
): Record<string, string | number> {
  const values: Record<string, string | number> = {};
  for (const [name, { schema }] of Object.entries(variables)) {
    const text = env[name];
    if (text === undefined || text === '') continue;
    values[name] = schema['type'] === 'integer' && /^-?\d{1,15}$/.test(text) ? Number(text) : text;
  }
  return values;
}
