import { expect, test } from 'vitest';
import { readArguments } from './arguments.ts';

test('the command line says what is to be simulated, and the environment who asks', () => {
  const line =
    '--hosts 10000 --failure-percent 2.5 --seconds 60 --label env=lab --label note=a=b --json --slow-reports';
  expect(readArguments(line.split(' '), { EGG_TOKEN: 'secret' })).toEqual({
    json: true,
    options: {
      hosts: 10_000,
      failurePercent: 2.5,
      seconds: 60,
      labels: { env: 'lab', note: 'a=b' },
      token: 'secret',
      egg: { egg: 'agent', version: '1.0.0' },
      slowReports: true,
    },
  });
  expect(readArguments(['--help'], {})).toBeUndefined();
});

test.for<[string, string]>([
  ['', '--hosts is missing'],
  ['--hosts many', '--hosts has to be a number, not many'],
  ['--hosts -1', "'--hosts' argument is ambiguous"],
  ['--hosts 1 --label x', '--label has to be KEY=VALUE, not x'],
  ['--hosts 1 --server here', '--server has to be a URL, not here'],
  ['--hosts 1 --fast', '--fast'],
  ['--hosts 1 more', 'more'],
])('%j is refused with the reason', ([line, reason]) => {
  expect(() => readArguments(line.split(' ').filter(Boolean), {})).toThrow(reason);
});
