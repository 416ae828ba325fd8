import type { Span } from './span-collector.js';
import { pathOf, stages } from './stages.js';

function span(service: string, name: string, traces: string[], startMs: number, endMs: number): Span {
  return { service, name, traces, startMs, endMs };
}

/** A payment that takes 1, 2, 3 … ms in its stages. */
function payment(trace: string): Span[] {
  return [
    span('gateway', 'POST /v1/payments', [trace], 0, 28),
    span('payments', 'POST /v1/payments', [trace], 1, 28),
    span('payments', 'GET', [trace], 1, 3),
    span('identity', 'GET /v1/payees', [trace], 1, 3),
    span('wallet', 'process florin.ledger.commands', [trace], 6, 10),
    span('payments', 'process florin.ledger.entries', ['batch', trace], 15, 21),
    span('notifications', 'process florin.payments.payments', [trace], 23, 29),
  ];
}

it('says how long each stage takes', () => {
  const { followed, stages: found } = pathOf(payment('a'));
  expect(followed).toBe(1);
  expect(found.map(({ stage }) => stage)).toEqual(stages);
  expect(found.map(({ p50Ms }) => p50Ms)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
});

it('shares a span of several payments among them, and leaves other traces out', () => {
  const batch = span('wallet', 'process florin.ledger.commands', ['w', 'a', 'b'], 6, 10);
  const spans = [...payment('a'), ...payment('b')].filter(({ service }) => service !== 'wallet');
  const other = span('gateway', 'GET /v1/payments', ['c'], 0, 1);
  expect(pathOf([...spans, batch, other]).followed).toBe(2);
});

it('does not count a payment of which something is missing', () => {
  const spans = [...payment('a'), ...payment('b').filter(({ service }) => service !== 'wallet')];
  expect(pathOf(spans).followed).toBe(1);
});

it('takes no time for a payee that is not asked for', () => {
  const spans = payment('a').filter(({ name }) => name !== 'GET');
  const ms = pathOf(spans).stages.map(({ p50Ms }) => p50Ms);
  expect(ms.slice(0, 3)).toEqual([1, 0, 5]);
});
