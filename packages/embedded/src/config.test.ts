import { describe, expect, test } from 'vitest';
import { childEnvironment } from './child-environment.ts';
import { readConfig, unknownVariables } from './config.ts';

describe('the configuration', () => {
  test('needs no variable, and an empty one counts as not set', () => {
    const config = readConfig({ HOME: '/h', EGG_HTTP_PORT: '', EGG_MONGODB_URL: '' }, '/clone');
    expect(config).toMatchObject({ httpHost: '127.0.0.1', httpPort: 8080, dataDir: '/clone/.egg' });
    expect(config).toMatchObject({
      mongodbUrl: undefined,
      natsPort: 4222,
      mongodbPort: 27017,
      checkInSeconds: 60,
    });
  });

  test.for([
    ['EGG_HTTP_PORT', '70000', 'whole number from 1 to 65535, not "70000"'],
    ['EGG_TASKS_PORT', '0', 'whole number from 1 to 65535, not "0"'],
    ['EGG_NATS_PORT', 'abc', 'whole number from 1 to 65535, not "abc"'],
    ['EGG_HTTP_HOST', 'a b', 'a host name or an address, not "a b"'],
    ['EGG_LOG_LEVEL', 'loud', 'one of trace, debug, info, warn, error, fatal, not "loud"'],
    ['EGG_CHECK_IN_SECONDS', '0', 'whole number from 1 to 86400, not "0"'],
    ['EGG_MONGODB_URL', 'localhost', 'has to begin with mongodb:// or mongodb+srv://'],
    ['EGG_NATS_URL', 'http://x', 'has to be one or more URLs of nats:// or tls://'],
  ] as const)('names %s when it is %s', ([name, value, reason]) => {
    expect(() => readConfig({ [name]: value }, '/')).toThrow(`${name} `);
    expect(() => readConfig({ [name]: value }, '/')).toThrow(reason);
  });

  test('names every bad variable, and repeats no secret', () => {
    const bad = { EGG_ADMIN_TOKEN: 'two words', EGG_TASKS_PORT: '-1' };
    const message = /^EGG_TASKS_PORT .*; EGG_ADMIN_TOKEN has to be 8 to 256 visible ASCII characters$/;
    expect(() => readConfig(bad, '/')).toThrow(message);
  });

  test('knows a misspelt variable', () => {
    expect(unknownVariables({ EGG_HTTP_PROT: '1', EGG_BUS_PREFIX: '2', OTHER: '3' })).toEqual([
      'EGG_HTTP_PROT',
    ]);
  });

  test('is filled in for the services, beside what was there', () => {
    const env = { OTHER: 'x', EGG_MONGODB_PORT: '1234', EGG_NATS_URL: 'nats://far:1' };
    expect(childEnvironment(readConfig(env, '/clone'), env)).toMatchObject({
      OTHER: 'x',
      EGG_MONGODB_URL: 'mongodb://127.0.0.1:1234/?directConnection=true',
      EGG_NATS_URL: 'nats://far:1',
      EGG_HTTP_PORT: '8080',
    });
  });
});
