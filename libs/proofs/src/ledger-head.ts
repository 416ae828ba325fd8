import { hashFromBase64, type Hash } from './hash.js';
import { Malformed } from './malformed.js';

/** What Florin says about a ledger beside its tree, in the extension lines of a checkpoint. */
export interface LedgerHead {
  /** Hash of the last event of the ledger's chain, in lower-case hex. */
  readonly chain: string;
  /** When the checkpoint was made, in ms since the epoch. */
  readonly timeMs: number;
  /** Sums over all accounts, one per currency and class. */
  readonly totals: readonly ClassTotal[];
  /** What the platform owes its users; `undefined` in a checkpoint without that proof. */
  readonly liabilities: LiabilitiesHead | undefined;
}

/** Sums of the debit and of the credit balances of a class of accounts, in minor units. */
export interface ClassTotal {
  readonly currency: string;
  readonly class: string;
  readonly debits: bigint;
  readonly credits: bigint;
}

/** Root of the sum tree over the users' balances. */
export interface LiabilitiesHead {
  readonly root: Hash;
  /** In minor units. */
  readonly total: bigint;
  /** Number of accounts. */
  readonly count: number;
}

const CHAIN = /^[0-9a-f]{64}$/;
const CURRENCY = /^[A-Z][A-Z0-9]{2,11}$/;
const CLASS = /^[a-z][a-z-]{0,31}$/;
const AMOUNT = /^(0|[1-9][0-9]{0,29})$/;

/**
 * Writes the extension lines of a checkpoint: `chain`, `time`, a `total` per currency and class in alphabetical order,
 * and `liabilities` if there are any. Throws `Malformed` for what would not be read back.
 */
export function formatLedgerHead({ chain, timeMs, totals, liabilities }: LedgerHead): string[] {
  const lines = totals.map(
    (total) => `total ${total.currency} ${total.class} ${total.debits} ${total.credits}`,
  );
  const sorted = totals.map(orderOf).map((key, at) => [key, lines[at] as string] as const);
  sorted.sort(([a], [b]) => (a < b ? -1 : 1));
  const extensions = [`chain ${chain}`, `time ${timeText(timeMs)}`, ...sorted.map(([, line]) => line)];
  if (liabilities !== undefined) {
    const { root, total, count } = liabilities;
    extensions.push(`liabilities ${root.toString('base64')} ${total} ${count}`);
  }
  parseLedgerHead(extensions);
  return extensions;
}

/**
 * Reads the extension lines of a checkpoint. Lines of other names are left alone, as C2SP asks; those of these names
 * must stand in their order, each once. Throws `Malformed`.
 */
export function parseLedgerHead(extensions: readonly string[]): LedgerHead {
  const lines = extensions.map((line) => line.split(' ')).filter(([name = '']) => names.includes(name));
  const order = lines.map(([name = '']) => names.indexOf(name));
  const {
    chain = [],
    time = [],
    total = [],
    liabilities = [],
  } = Object.groupBy(lines, ([name = '']) => name);
  if (order.some((at, index) => at < (order[index - 1] ?? 0))) throw malformed('lines out of order');
  if (chain.length !== 1 || time.length !== 1 || liabilities.length > 1) {
    throw malformed('takes one line of chain and of time, and at most one of liabilities');
  }
  const totals = total.map(parseTotal);
  if (totals.map(orderOf).some((key, at, keys) => at > 0 && key <= (keys[at - 1] as string))) {
    throw malformed('totals out of order');
  }
  return {
    chain: parseChain(chain[0] as string[]),
    timeMs: parseTime(time[0] as string[]),
    totals,
    liabilities: liabilities[0] && parseLiabilities(liabilities[0]),
  };
}

const names = ['chain', 'time', 'total', 'liabilities'];

const orderOf = ({ currency, class: accountClass }: ClassTotal): string => `${currency} ${accountClass}`;

function malformed(what: string): Malformed {
  return new Malformed(`ledger head: ${what}`);
}

function parseChain([, chain = '', ...rest]: readonly string[]): string {
  if (!CHAIN.test(chain) || rest.length > 0) throw malformed('chain takes a SHA-256 hash in hex');
  return chain;
}

function parseTime([, text = '', ...rest]: readonly string[]): number {
  const timeMs = Date.parse(text);
  if (rest.length > 0 || Number.isNaN(timeMs) || timeText(timeMs) !== text) {
    throw malformed('time takes RFC 3339 in UTC with milliseconds');
  }
  return timeMs;
}

const TIME_CHARACTERS = '2026-01-01T00:00:00.000Z'.length;

/** RFC 3339 has four digits for the year; a Date has more for years beyond. */
function timeText(timeMs: number): string {
  const time = new Date(timeMs);
  const text = Number.isNaN(time.getTime()) ? '' : time.toISOString();
  if (text.length !== TIME_CHARACTERS) throw malformed(`${timeMs} is not a time`);
  return text;
}

function parseTotal([
  ,
  currency = '',
  accountClass = '',
  debits = '',
  credits = '',
  ...rest
]: readonly string[]): ClassTotal {
  if (!CURRENCY.test(currency) || !CLASS.test(accountClass) || rest.length > 0) {
    throw malformed('total takes a currency, a class, debits and credits');
  }
  return { currency, class: accountClass, debits: parseAmount(debits), credits: parseAmount(credits) };
}

function parseLiabilities([
  ,
  base64 = '',
  total = '',
  count = '',
  ...rest
]: readonly string[]): LiabilitiesHead {
  const root = hashFromBase64(base64);
  const accounts = parseAmount(count);
  if (root === undefined || rest.length > 0 || accounts > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw malformed('liabilities takes a root in base64, a total and a number of accounts');
  }
  return { root, total: parseAmount(total), count: Number(accounts) };
}

function parseAmount(text: string): bigint {
  if (!AMOUNT.test(text)) throw malformed(`"${text}" is not an amount in minor units`);
  return BigInt(text);
}
