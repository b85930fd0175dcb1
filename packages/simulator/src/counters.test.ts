import { expect, test } from 'vitest';
import { Counters, type CountersAnswer } from './counters.ts';

const answer = (value: number, log = 'a'): CountersAnswer => ({
  counters: { counter_for_domain: value, counter_for_process: 0 },
  logs: { domain: log, process: 'p' },
});

/** Answers, each to a host and a moment of sending, and how many of them were wrong. */
function wrongIn(all: readonly [host: number, sentMs: number, value: number, log?: string][]): number {
  const counters = new Counters(3);
  return all.flatMap(([host, sentMs, value, log]) =>
    counters.take(host, answer(value, log), sentMs, sentMs + 1),
  ).length;
}

test('counters that rise or stay are right, also where another host heard of a newer one within a second', () => {
  expect(
    wrongIn([
      [0, 0, 5],
      [0, 10, 5],
      [0, 20, 7],
      [1, 900, 5],
      [1, 2000, 7],
    ]),
  ).toBe(0);
});

test('a counter that goes back for a host is noticed', () => {
  expect(
    wrongIn([
      [0, 0, 5],
      [0, 10, 4],
    ]),
  ).toBe(1);
});

test('a counter is noticed that is older than one that another host heard of more than a second ago', () => {
  expect(
    wrongIn([
      [0, 0, 5],
      [0, 3000, 9],
      [1, 4000, 5],
      [2, 4500, 5],
    ]),
  ).toBe(1);
});

test('a new history counts from anywhere, and an old one must not come again', () => {
  expect(
    wrongIn([
      [0, 0, 5],
      [0, 3000, 0, 'b'],
      [1, 6000, 1, 'b'],
    ]),
  ).toBe(0);
  expect(
    wrongIn([
      [0, 0, 5],
      [0, 3000, 0, 'b'],
      [0, 6000, 5, 'a'],
    ]),
  ).toBe(1);
});

test('what is no counter is noticed', () => {
  expect(
    wrongIn([
      [0, 0, -1],
      [1, 0, 0.5],
    ]),
  ).toBe(2);
});

test('a host tells what it heard last', () => {
  const counters = new Counters(2);
  counters.take(1, answer(8), 0, 1);
  expect([counters.of(0), counters.of(1)]).toEqual([
    { counter_for_domain: 0, counter_for_process: 0 },
    { counter_for_domain: 8, counter_for_process: 0 },
  ]);
});
