// The well-known types as JavaScript has them: a Timestamp is a Date. protobufjs keeps such wrappers in one table for the whole
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
}
