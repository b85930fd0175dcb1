// The well-known types as JavaScript has them: a Timestamp is a Date, a Struct a plain object. protobufjs keeps such wrappers in one table for the whole
// process.

import protobuf from 'protobufjs';

/** Registers the wrappers. Harmless to call again. */
export function registerWellKnownTypes(): void {
  protobuf.wrappers['.google.protobuf.Timestamp'] = {
    fromObject(this: protobuf.Type, value: unknown) {
      const ms = value instanceof Date ? value.getTime() : Date.parse(String(value));
      const seconds = Math.floor(ms / 1000);
      return this.create({ seconds, nanos: (ms - seconds * 1000) * 1e6 });
    },
    toObject(message: protobuf.Message) {
      const { seconds, nanos } = message as unknown as {
        seconds: number | { toNumber(): number };
        nanos: number;
      };
      const whole = typeof seconds === 'number' ? seconds : seconds.toNumber();
      return new Date(whole * 1000 + Math.floor(nanos / 1e6));
    },
  };
  protobuf.wrappers['.google.protobuf.Struct'] = {
    fromObject(this: protobuf.Type, value: unknown) {
      return this.create({ fields: structFields(value as object) });
    },
    toObject(message: protobuf.Message) {
      return plainObject(message as unknown as WireStruct);
    },
  };
}

interface WireStruct {
  readonly fields?: Readonly<Record<string, WireValue>>;
}

interface WireValue {
  readonly kind?: string;
  readonly numberValue?: number;
  readonly stringValue?: string;
  readonly boolValue?: boolean;
  readonly structValue?: WireStruct;
  readonly listValue?: { readonly values?: readonly WireValue[] };
}

function structFields(value: object): Record<string, object> {
  const fields = Object.entries(value).filter(([, inner]) => inner !== undefined);
  return Object.fromEntries(fields.map(([name, inner]) => [name, wireValue(inner)]));
}

/** As protobuf's JSON mapping has it; a Date becomes text, as JSON has it. */
function wireValue(value: unknown): object {
  if (value === null || value === undefined) return { nullValue: 0 };
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'number') return { numberValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  if (value instanceof Date) return { stringValue: value.toISOString() };
  if (Array.isArray(value)) return { listValue: { values: value.map(wireValue) } };
  return { structValue: { fields: structFields(value) } };
}

function plainObject({ fields = {} }: WireStruct): Record<string, unknown> {
  // Defined one by one, so that a name such as `__proto__` is a field like any other.
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, plainValue(value)]));
}

function plainValue(value: WireValue): unknown {
  if (value.structValue) return plainObject(value.structValue);
  if (value.listValue) return (value.listValue.values ?? []).map(plainValue);
  for (const kind of ['numberValue', 'stringValue', 'boolValue'] as const) {
    if (Object.hasOwn(value, kind)) return value[kind];
  }
  return null;
}
