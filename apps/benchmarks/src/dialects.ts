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

export const dialects = { florin } satisfies Record<string, Dialect>;
export type DialectName = keyof typeof dialects;
