import { formatCheckpoint, parseCheckpoint } from './checkpoint.js';
import { formatLedgerHead, parseLedgerHead, type LedgerHead } from './ledger-head.js';

const chain = 'b47ae3dcf10a63f15fd8621f95fbca2c8e97d0b017ff5e2c08676a00a630751a';
const root = 'CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=';
const head: LedgerHead = {
  chain,
  timeMs: Date.UTC(2026, 10, 2, 12, 0, 0, 7),
  totals: [
    { currency: 'EUR', class: 'asset', debits: 1_250n, credits: 0n },
    { currency: 'EUR', class: 'liability', debits: 0n, credits: 1_250n },
    { currency: 'GOLD1', class: 'asset', debits: 2n ** 64n, credits: 3n },
  ],
  liabilities: { root: Buffer.from(root, 'base64'), total: 1_250n, count: 2 },
};
const lines = [
  `chain ${chain}`,
  'time 2026-11-02T12:00:00.007Z',
  'total EUR asset 1250 0',
  'total EUR liability 0 1250',
  'total GOLD1 asset 18446744073709551616 3',
  `liabilities ${root} 1250 2`,
];

const malformed = expect.objectContaining({ name: 'Malformed' }) as Error;

describe('the head of a ledger', () => {
  it('is written as the extension lines of a checkpoint, and read back', () => {
    expect(formatLedgerHead(head)).toEqual(lines);
    expect(parseLedgerHead(lines)).toEqual(head);
    const checkpoint = {
      origin: 'florin.example/it-eur',
      size: 3n,
      root: Buffer.alloc(32),
      extensions: lines,
    };
    expect(parseLedgerHead(parseCheckpoint(formatCheckpoint(checkpoint)).extensions)).toEqual(head);
  });

  it('puts totals in order', () => {
    expect(formatLedgerHead({ ...head, totals: head.totals.toReversed() })).toEqual(lines);
  });

  it('may be that of an empty ledger, without liabilities', () => {
    const empty = { ...head, totals: [], liabilities: undefined };
    expect(formatLedgerHead(empty)).toEqual(lines.slice(0, 2));
    expect(parseLedgerHead(lines.slice(0, 2))).toEqual(empty);
  });

  it('leaves lines of other names alone, wherever they stand', () => {
    const others = ['chained 7', 'Time', ' total', 'reserve GOLD1 7'];
    expect(parseLedgerHead(lines.flatMap((line, at) => [...others.slice(at), line]))).toEqual(head);
  });

  const [chainLine, timeLine, asset, liability] = lines as [string, string, string, string];
  it.each([
    ['no chain', lines.slice(1)],
    ['two chains', [chainLine, ...lines]],
    ['a chain in capitals', lines.with(0, chainLine.toUpperCase().replace('CHAIN', 'chain'))],
    ['a chain cut short', lines.with(0, chainLine.slice(0, -2))],
    ['more after the chain', lines.with(0, `${chainLine} 7`)],
    ['no time', lines.toSpliced(1, 1)],
    ['a time without milliseconds', lines.with(1, 'time 2026-11-02T12:00:00Z')],
    ['a time of a zone', lines.with(1, 'time 2026-11-02T13:00:00.007+01:00')],
    ['a time that is none', lines.with(1, 'time 2026-13-02T12:00:00.007Z')],
    ['the 30th of February', lines.with(1, 'time 2026-02-30T12:00:00.007Z')],
    ['more after the time', lines.with(1, `${timeLine} 7`)],
    ['the time before the chain', [timeLine, chainLine]],
    ['a total twice', lines.toSpliced(2, 0, asset)],
    ['totals out of order', [chainLine, timeLine, liability, asset]],
    ['a total before the time', [chainLine, asset, timeLine]],
    ['a total without credits', lines.with(2, 'total EUR asset 1250')],
    ['a total with more', lines.with(2, `${asset} 7`)],
    ['a negative total', lines.with(2, 'total EUR asset -1250 0')],
    ['a total with leading zeroes', lines.with(2, 'total EUR asset 01250 0')],
    ['a total with cents', lines.with(2, 'total EUR asset 12.50 0')],
    ['a total beyond all money', lines.with(2, `total EUR asset 1${'0'.repeat(30)} 0`)],
    ['a currency that is none', lines.with(2, 'total eur asset 1250 0')],
    ['a class that is none', lines.with(2, 'total EUR Asset 1250 0')],
    ['two liabilities', [...lines, lines[5] as string]],
    ['liabilities without a count', lines.with(5, `liabilities ${root} 1250`)],
    ['liabilities with a short root', lines.with(5, `liabilities ${root.slice(4)} 1250 2`)],
    ['liabilities with more', lines.with(5, `liabilities ${root} 1250 2 7`)],
    ['too many accounts', lines.with(5, `liabilities ${root} 1250 9007199254740992`)],
  ])('with %s is refused', (_, extensions) => {
    expect(() => parseLedgerHead(extensions)).toThrow(malformed);
  });

  it.each<[string, Partial<LedgerHead>]>([
    ['a chain that is no hash', { chain: 'b47a' }],
    ['a time that is none', { timeMs: NaN }],
    ['a time of the year 10000', { timeMs: Date.UTC(10_000, 0) }],
    ['a total twice', { totals: [...head.totals, ...head.totals] }],
    ['a negative total', { totals: [{ currency: 'EUR', class: 'asset', debits: -1n, credits: 0n }] }],
    ['a class with a space', { totals: [{ currency: 'EUR', class: 'as set', debits: 1n, credits: 0n }] }],
    ['half an account', { liabilities: { root: Buffer.alloc(32), total: 1n, count: 0.5 } }],
  ])('with %s is not written', (_, part) => {
    expect(() => formatLedgerHead({ ...head, ...part })).toThrow(malformed);
  });
});
