import { expect, test } from 'vitest';
import { ConfigError, parseConfig } from '../src/index.ts';

function problems(env: Record<string, string>): readonly string[] {
  try {
    parseConfig(env);
  } catch (thrown) {
    if (thrown instanceof ConfigError) return thrown.problems;
    throw thrown;
  }
  return [];
}

test('an empty environment gives the defaults', () => {
  expect(parseConfig({ PATH: '/bin', EGG_HTTP_PORT: '', EGG_ADMIN_TOKEN: '' })).toEqual({
    http: { host: '127.0.0.1', port: 8080 },
    mongodb: { url: 'mongodb://127.0.0.1:27017/?directConnection=true', database: 'egg' },
    bus: { url: 'nats://127.0.0.1:4222', prefix: 'egg' },
    grpcHost: '127.0.0.1',
    services: {
      blocklists: { port: 50051, address: '127.0.0.1:50051' },
      eggs: { port: 50052, address: '127.0.0.1:50052' },
      tasks: { port: 50053, address: '127.0.0.1:50053' },
    },
    logLevel: 'info',
    checkInSeconds: 60,
    trustedProxies: [],
    legacyStatus: false,
    subscriptions: { allowPrivate: false },
  });
});

test('what is said is taken, and an address follows its port', () => {
  const config = parseConfig({
    EGG_HTTP_HOST: '::1',
    EGG_HTTP_PORT: '0',
    EGG_EGGS_PORT: '7001',
    EGG_TASKS_ADDRESS: 'dns:///tasks.internal:50053',
    EGG_ADMIN_TOKEN: 'sixteen-letters!',
    EGG_LEGACY_STATUS: '1',
    EGG_METRICS_PORT: '9100',
    EGG_TRUSTED_PROXIES: '10.0.0.0/8,2001:db8::1',
    EGG_NATS_URL: 'nats://a:4222,nats://b:4222',
  });
  expect(config).toMatchObject({
    http: { host: '::1', port: 0 },
    bus: { url: 'nats://a:4222,nats://b:4222' },
    services: {
      eggs: { port: 7001, address: '127.0.0.1:7001' },
      tasks: { address: 'dns:///tasks.internal:50053' },
    },
    adminToken: 'sixteen-letters!',
    legacyStatus: true,
    metricsPort: 9100,
    trustedProxies: ['10.0.0.0/8', '2001:db8::1'],
  });
});

test('every bad value is named at once, with what it has to be', () => {
  const env = {
    EGG_HTTP_PORT: '65536',
    EGG_CHECK_IN_SECONDS: 'soon',
    EGG_LOG_LEVEL: 'loud',
    EGG_TASKS_ADDRESS: 'tasks',
    EGG_TRUSTED_PROXIES: '10.0.0.0/33',
  };
  expect(problems(env)).toEqual([
    'EGG_HTTP_PORT has to be a whole number from 0 to 65535, not "65536"',
    'EGG_TASKS_ADDRESS has to be host:port, not "tasks"',
    'EGG_LOG_LEVEL has to be one of trace, debug, info, warn, error, fatal, not "loud"',
    'EGG_CHECK_IN_SECONDS has to be a whole number from 1 to 86400, not "soon"',
    'EGG_TRUSTED_PROXIES has to be addresses or networks such as 10.0.0.0/8, with commas between, not "10.0.0.0/33"',
  ]);
});

test.each(['1.5', '1e3', '0x10', '-1', ' 5', 'NaN', '99999999999999999999'])(
  'a port of %j is refused',
  (port) => {
    expect(problems({ EGG_EGGS_PORT: port })).toHaveLength(1);
  },
);

test('what may be secret is not shown', () => {
  const env = { EGG_ADMIN_TOKEN: 'short', EGG_MONGODB_URL: 'http://user:password@host' };
  expect(problems(env)).toEqual([
    'EGG_MONGODB_URL has to begin with mongodb:// or mongodb+srv://',
    'EGG_ADMIN_TOKEN has to be 8 to 256 visible ASCII characters',
  ]);
});
