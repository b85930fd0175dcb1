// A simulation in words: one line of progress, and the summary.

import type { Summary } from './summary.ts';

/** One line. */
export function describeProgress(summary: Summary): string {
  const { hosts, check_ins: checkIns, errors, executions, runs, violations } = summary;
  const { p50, p99 } = checkIns.latency_ms;
  const parts = [
    hosts.ready < hosts.wanted
      ? `hosts ${count(hosts.ready)} of ${count(hosts.wanted)}`
      : `${count(hosts.ready)} hosts`,
    `${count(Math.round(checkIns.per_second))} check-ins/s, p50 ${p50} ms, p99 ${p99} ms`,
    ...(executions.given > 0 ? [`executions: ${states(executions)}`] : []),
    ...runs
      .filter(({ state }) => state === 'running' || state === 'paused')
      .map(({ id, state, wave }) => `run ${id} ${state}, wave ${wave + 1}`),
    ...(Object.keys(errors).length > 0 ? [`errors: ${listed(errors)}`] : []),
    ...(violations.total > 0 ? [`VIOLATIONS: ${count(violations.total)}`] : []),
  ];
  return parts.join(' | ');
}

/** Some lines. */
export function describeSummary(summary: Summary): string {
  const { hosts, seconds, check_ins: checkIns, errors, executions, runs, violations } = summary;
  const { latency_ms: latency, late_ms: late } = checkIns;
  const lines = [
    [
      'hosts',
      `${count(hosts.ready)} of ${count(hosts.wanted)}, ${count(hosts.enrolled)} enrolled now, ${count(hosts.offline)} never come`,
    ],
    ['time', `${seconds} s with all of them`],
    ['check-ins', `${count(checkIns.answered)} answered, ${checkIns.per_second} a second`],
    [
      'latency',
      `p50 ${latency.p50} ms, p99 ${latency.p99} ms, most ${latency.max} ms (sent late: p99 ${late.p99} ms)`,
    ],
    [
      'executions',
      executions.given === 0 ? 'none' : `${count(executions.given)} attempts given: ${states(executions)}`,
    ],
    ...runs.map(({ id, state, wave, counts }) => {
      const { total: _total, ...byState } = counts;
      return [`run ${id}`, `${state}, wave ${wave + 1}: ${listed(byState) || 'no executions'}`];
    }),
    ['errors', listed(errors) || 'none'],
    [
      'violations',
      violations.total === 0 ? 'none' : `${count(violations.total)} (${listed(violations.by_kind)})`,
    ],
  ];
  const width = Math.max(...lines.map(([name = '']) => name.length));
  return [
    ...lines.map(([name = '', text = '']) => `${name.padEnd(width)}  ${text}`),
    ...violations.first.map((what) => `  ${what}`),
  ].join('\n');
}

function states({ given: _given, ...byState }: Summary['executions']): string {
  return listed(byState);
}

/** Those that are not 0, with their names. */
function listed(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .filter(([, value]) => value > 0)
    .map(([name, value]) => `${count(value)} ${name.replaceAll('_', ' ')}`)
    .join(', ');
}

function count(value: number): string {
  return value.toLocaleString('en');
}
