import { v7 as uuidv7 } from 'uuid';

/** What the load is: who pays whom. */
export const shapes = ['many pairs', 'hot payer', 'hot payee', 'batches of 50'] as const;
export type Shape = (typeof shapes)[number];
export const batchSize = 50;

export interface Pair {
  readonly from: string;
  readonly to: string;
}

/** The accounts of the `n`-th transfer of a shape. */
export function pairOf(shape: Shape, accounts: readonly string[], n: number): Pair {
  const at = (index: number): string => accounts[index % accounts.length] as string;
  const other = 1 + (n % (accounts.length - 1));
  if (shape === 'hot payer') return { from: at(0), to: at(other) };
  if (shape === 'hot payee') return { from: at(other), to: at(0) };
  const from = n % accounts.length;
  return { from: at(from), to: at(from + 1 + ((n * 7) % (accounts.length - 1))) };
}

/** A request of one transfer or of several, as a ledger takes it. */
export interface LoadRequest {
  readonly method: 'POST';
  readonly path: string;
  readonly body: string;
}

/** How a ledger is spoken to over HTTP. */
export interface Dialect {
  /** Header lines of every request, each with its line end. */
  headers(token: string | undefined): string;
  /** Requests that make the accounts and fund each with that much, before the load. */
  prepare(accounts: readonly string[], each: number): LoadRequest[];
  one(pair: Pair): LoadRequest;
  many(pairs: readonly Pair[]): LoadRequest;
  /** How many transfers an answer says are done; throws where one was refused. */
  done(answer: { status: number; body: string }, asked: number): number;
}

const json = 'content-type: application/json\r\n';
const bearer = (token: string | undefined): string =>
  token === undefined ? json : `${json}authorization: Bearer ${token}\r\n`;

function expectStatus({ status, body }: { status: number; body: string }, ...statuses: number[]): void {
  if (!statuses.includes(status)) throw new Error(`answered ${status}: ${body.slice(0, 500)}`);
}

const ours = { amount: 1, currency: 'EUR', reference: 'bench' };
const post = (path: string, body: object): LoadRequest => ({
  method: 'POST',
  path,
  body: JSON.stringify(body),
});

const florin: Dialect = {
  headers: bearer,
  prepare: (accounts, each) => [
    post('/v1/accounts/batch', {
      ledger: 'it-eur',
      accounts: accounts.map((account) => ({ account, owner: account.slice('wallet:'.length) })),
    }),
    post('/v1/transfers/batch', {
      ledger: 'it-eur',
      transfers: accounts.map((to) => ({
        ...{ id: uuidv7(), from: 'source:test-money', to, ...ours, amount: each, kind: 'test-funding' },
      })),
    }),
  ],
  one: ({ from, to }) => ({
    method: 'POST',
    path: '/v1/transfers',
    body: `{"ledger":"it-eur","id":"${uuidv7()}","from":"${from}","to":"${to}","amount":1,"currency":"EUR","reference":"bench"}`,
  }),
  many: (pairs) =>
    post('/v1/transfers/batch', {
      ledger: 'it-eur',
      transfers: pairs.map((pair) => ({ id: uuidv7(), ...pair, ...ours })),
    }),
  done: (answer, asked) => {
    expectStatus(answer, 200, 201);
    if (asked === 1) return 1;
    const { posted = 0 } = JSON.parse(answer.body) as { posted?: number };
    if (posted !== asked) throw new Error(`${posted} of ${asked} were posted: ${answer.body.slice(0, 500)}`);
    return posted;
  },
};

/** Formance Ledger, by the address of the ledger service; its bulk route is the only difference between the versions. */
function formance(version: 'v2' | 'v3'): Dialect {
  const ledger = `/${version}/bench`;
  const bulk = `${ledger}/${version === 'v2' ? '_bulk' : 'bulk'}`;
  const posting = (source: string, destination: string, amount: number) => ({
    postings: [{ source, destination, amount, asset: 'EUR/2' }],
    metadata: {},
  });
  const create = (data: object) => ({ action: 'CREATE_TRANSACTION', ik: uuidv7(), data });
  return {
    headers: bearer,
    prepare: (accounts, each) => [
      post(ledger, {}),
      ...chunks(accounts, 100).map((some) =>
        post(
          bulk,
          some.map((account) => create(posting('world', account, each))),
        ),
      ),
    ],
    one: ({ from, to }) => post(`${ledger}/transactions`, { ...posting(from, to, 1), reference: uuidv7() }),
    many: (pairs) =>
      post(
        bulk,
        pairs.map(({ from, to }) => create(posting(from, to, 1))),
      ),
    done: (answer, asked) => {
      expectStatus(answer, 200, 201);
      if (asked > 1 && answer.body.includes('"errorCode":"')) throw new Error(answer.body.slice(0, 500));
      return asked;
    },
  };
}

/** Blnk, whose answer is to wait until the transfer is done; balances come to be as they are named. */
const blnk: Dialect = {
  headers: (token) => (token === undefined ? json : `${json}x-blnk-key: ${token}\r\n`),
  prepare: (accounts, each) =>
    chunks(accounts, 100).map((some) =>
      post('/transactions/bulk', {
        ...{ atomic: false, inflight: false, run_async: false, skip_queue: true },
        transactions: some.map((account) => ({
          ...blnkTransfer({ from: 'world', to: account }, each),
          allow_overdraft: true,
        })),
      }),
    ),
  one: (pair) => post('/transactions', { ...blnkTransfer(pair, 1), skip_queue: true }),
  many: (pairs) =>
    post('/transactions/bulk', {
      ...{ atomic: false, inflight: false, run_async: false, skip_queue: true },
      transactions: pairs.map((pair) => blnkTransfer(pair, 1)),
    }),
  done: (answer, asked) => {
    expectStatus(answer, 200, 201);
    const { status } = JSON.parse(answer.body) as { status?: string };
    if (status !== undefined && status.toLowerCase() !== 'applied')
      throw new Error(answer.body.slice(0, 500));
    return asked;
  },
};

function blnkTransfer({ from, to }: Pair, amountMinor: number) {
  return {
    ...{ precise_amount: amountMinor, precision: 100, currency: 'EUR', reference: uuidv7() },
    ...{ description: 'bench', source: `@${from}`, destination: `@${to}` },
  };
}

function chunks<Item>(items: readonly Item[], size: number): Item[][] {
  const count = Math.ceil(items.length / size);
  return Array.from({ length: count }, (_, n) => items.slice(n * size, (n + 1) * size));
}

export const dialectNames = ['florin', 'formance-v2', 'formance-v3', 'blnk'] as const;
export type DialectName = (typeof dialectNames)[number];
export const dialects: Readonly<Record<DialectName, Dialect>> = {
  florin,
  'formance-v2': formance('v2'),
  'formance-v3': formance('v3'),
  blnk,
};
