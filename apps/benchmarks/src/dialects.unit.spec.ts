import { dialects, pairOf, shapes, type DialectName } from './dialects.js';
import { answerIn } from './http-connection.js';
import { taskOf } from './ledger-http.options.js';

const accounts = Array.from({ length: 250 }, (_, n) => `wallet:${n}`);
const pair = { from: 'wallet:1', to: 'wallet:2' };
const json = (text: string): unknown => JSON.parse(text);

describe('the shapes', () => {
  it('never pay oneself, and are as hot as they say', () => {
    for (const shape of shapes) {
      const pairs = Array.from({ length: 5_000 }, (_, n) => pairOf(shape, accounts, n));
      expect(pairs.filter(({ from, to }) => from === to)).toEqual([]);
      const { size: payers } = new Set(pairs.map(({ from }) => from));
      const { size: payees } = new Set(pairs.map(({ to }) => to));
      expect([payers, payees]).toEqual(
        shape === 'hot payer' ? [1, 249] : shape === 'hot payee' ? [249, 1] : [250, 250],
      );
    }
  });
});

describe('the dialects', () => {
  const transaction = {
    postings: [{ source: 'wallet:1', destination: 'wallet:2', amount: 1, asset: 'EUR/2' }],
  };
  const blnkTransfer = {
    ...{ precise_amount: 1, precision: 100, currency: 'EUR', source: '@wallet:1', destination: '@wallet:2' },
  };
  it.each([
    ['florin', '/v1/transfers', { ledger: 'it-eur', ...pair, amount: 1, currency: 'EUR' }],
    ['formance-v2', '/v2/bench/transactions', transaction],
    ['formance-v3', '/v3/bench/transactions', transaction],
    ['blnk', '/transactions', { ...blnkTransfer, skip_queue: true }],
  ] as [DialectName, string, object][])('%s: one transfer', (name, path, body) => {
    const request = dialects[name].one(pair);
    expect({ ...request, body: json(request.body) }).toMatchObject({ method: 'POST', path, body });
  });

  it.each([
    ['florin', '/v1/transfers/batch', { transfers: [pair, pair] }],
    ['formance-v2', '/v2/bench/_bulk', [{ action: 'CREATE_TRANSACTION', data: transaction }, {}]],
    ['formance-v3', '/v3/bench/bulk', [{ action: 'CREATE_TRANSACTION', data: transaction }, {}]],
    ['blnk', '/transactions/bulk', { skip_queue: true, transactions: [blnkTransfer, blnkTransfer] }],
  ] as [DialectName, string, object][])('%s: several', (name, path, body) => {
    const request = dialects[name].many([pair, pair]);
    expect({ ...request, body: json(request.body) }).toMatchObject({ method: 'POST', path, body });
  });

  it.each(['florin', 'formance-v2', 'formance-v3', 'blnk'] as const)(
    '%s: each account gets its money, and each transfer an id of its own',
    (name) => {
      const { prepare, one } = dialects[name];
      const sent = prepare(accounts, 100).map(({ body }) => body);
      for (const account of accounts) {
        expect(sent.some((body) => body.includes(`${account}"`) && body.includes('100'))).toBe(true);
      }
      expect(one(pair).body).not.toBe(one(pair).body);
    },
  );

  it('tell what was refused', () => {
    const { florin, blnk, 'formance-v3': formance } = dialects;
    expect(florin.done({ status: 201, body: '{}' }, 1)).toBe(1);
    expect(florin.done({ status: 200, body: '{"posted":50}' }, 50)).toBe(50);
    expect(() => florin.done({ status: 200, body: '{"posted":49}' }, 50)).toThrow('49 of 50');
    expect(() => florin.done({ status: 422, body: 'no' }, 1)).toThrow('422');
    expect(() => formance.done({ status: 200, body: '{"errorCode":"X"}' }, 50)).toThrow('errorCode');
    expect(blnk.done({ status: 201, body: '{"status":"APPLIED"}' }, 1)).toBe(1);
    expect(() => blnk.done({ status: 201, body: '{"status":"QUEUED"}' }, 1)).toThrow('QUEUED');
  });

  it('sign in as their ledgers want', () => {
    expect(dialects.florin.headers('t')).toContain('authorization: Bearer t\r\n');
    expect(dialects.blnk.headers('t')).toContain('x-blnk-key: t\r\n');
    expect(dialects.blnk.headers(undefined)).toBe('content-type: application/json\r\n');
  });
});

describe('answers', () => {
  const text = (head: string, body: string) => Buffer.from(`HTTP/1.1 201 Created\r\n${head}\r\n\r\n${body}`);

  it.each([
    ['by their length', text('Content-Length: 3', 'abcHTTP'), 'abc', 4],
    ['in chunks', text('transfer-encoding: chunked', '2\r\nab\r\n1\r\nc\r\n0\r\n\r\nHTTP'), 'abc', 4],
    ['without a body', text('date: now', ''), '', 0],
  ])('are read %s', (_, bytes, body, rest) => {
    expect(answerIn(bytes)).toEqual({ answer: { status: 201, body }, length: bytes.length - rest });
    for (let cut = 1; cut < bytes.length - rest; cut += 1) {
      expect(answerIn(bytes.subarray(0, bytes.length - rest - cut))).toBeUndefined();
    }
  });
});

describe('the options of ledger-http', () => {
  it.each([
    [[], { kind: 'measure' }],
    [['--prepare'], { kind: 'prepare' }],
    [
      ['--target', 'http://127.0.0.1:3068', '--dialect', 'formance-v2'],
      { kind: 'target', url: 'http://127.0.0.1:3068', dialect: 'formance-v2' },
    ],
    [['--dialect', 'blnk'], undefined],
    [['--target', 'http://127.0.0.1:1', '--dialect', 'other'], undefined],
    [['--target', 'https://ledger.example', '--dialect', 'blnk'], undefined],
    [['--target'], undefined],
    [['--what', 'ever'], undefined],
  ])('%j', (options, task) => {
    expect(taskOf(options)).toEqual(task);
  });
});
