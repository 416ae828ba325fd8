import fc from 'fast-check';
import { buildStatement, type Statement, type StatementLine, type StatementParts } from './statement.js';

/** October 2026 in Rome: it begins in summer time and ends in winter time. */
export const october = {
  label: '2026-10',
  from: Date.parse('2026-09-30T22:00:00Z'),
  to: Date.parse('2026-10-31T23:00:00Z'),
  timeZone: 'Europe/Rome',
};

export const account = {
  ledger: 'it-eur',
  account: 'wallet:01a1fdfa-4600-7000-8000-00000000a44a',
  currency: 'EUR',
  exponent: 2,
};

export const checkpoint = {
  note: 'florin.example/ledger/it-eur\n…',
  fingerprint: 'b47ae3dcf10a63f15fd8621f95fbca2c8e97d0b017ff5e2c08676a00a630751a',
};

export const proofUrl = 'https://florin.example/v1/ledgers/it-eur/checkpoints/latest';

type Move = Partial<StatementLine> & { readonly change: bigint };

/** Lines after a balance of `opening`, a day apart. */
export function linesFrom(opening: bigint, moves: readonly Move[], from = october.from): StatementLine[] {
  let balance = opening;
  return moves.map((move, i) => {
    balance += move.change;
    const id = `01a1fdfa-4610-7000-8000-${String(i).padStart(12, '0')}`;
    const recordedAt = from + (i + 1) * 86_400_000 - 1;
    const line = { revision: BigInt(100 + i), entryId: id, kind: 'p2p', reference: id, recordedAt };
    return { ...line, effectiveAt: recordedAt, balance, ...move };
  });
}

/** A statement of October: ten euros, then 12.50 in, 5.00 out and the 12.50 out again. */
export function given(parts: Partial<StatementParts> = {}): Statement {
  const opening = parts.opening ?? 1_000n;
  const lines =
    parts.lines ??
    linesFrom(opening, [
      { change: 1_250n },
      { change: -500n, effectiveAt: october.from - 1 },
      { change: -1_250n, kind: 'reversal', reverses: '01a1fdfa-4610-7000-8000-000000000000' },
    ]);
  const closing = lines.at(-1)?.balance ?? opening;
  return buildStatement({ ...account, period: october, opening, closing, lines, ...parts });
}

/** Texts as no reference should be, but can. */
const oddText = fc.oneof(
  fc.uuid(),
  fc.constantFrom(
    '',
    '=1+1',
    '@x',
    '<a>&"',
    'a,"b"\r\nc',
    'q'.repeat(64),
    '\u0000\u0007',
    'नमस्ते',
    '😀',
    "it's",
  ),
  fc.string({ unit: 'grapheme', maxLength: 64 }),
);

const move = fc.record({
  change: fc.oneof(
    fc.bigInt(-5_000n, -1n),
    fc.bigInt(1n, 5_000n),
    fc.constantFrom(-900_719_925_474_099n, 900_719_925_474_099n),
  ),
  kind: fc.constantFrom('p2p', 'test-funding', 'reversal', 'fee'),
  reference: oddText,
  /** After the line before, in ms. */
  later: fc.oneof(fc.nat(3), fc.nat(20 * 86_400_000)),
  backdated: fc.constantFrom(0, 0, 1, 86_400_000),
});

/** An account's whole history over some months, and the statements of each month in turn. */
export const histories: fc.Arbitrary<readonly Statement[]> = fc
  .record({
    moves: fc.array(move, { maxLength: 25 }),
    exponent: fc.constantFrom(0, 2, 3),
    timeZone: fc.constantFrom('Europe/Rome', 'America/Sao_Paulo', 'Asia/Kolkata'),
  })
  .map(({ moves, exponent, timeZone }) => {
    let time = october.from;
    let balance = 0n;
    const lines = moves.map(({ later, backdated, ...rest }, i): StatementLine => {
      time += later;
      balance += rest.change;
      const entryId = `01a1fdfa-4610-7000-8000-${String(i).padStart(12, '0')}`;
      return {
        ...rest,
        revision: BigInt(i * 3),
        entryId,
        recordedAt: time,
        effectiveAt: time - backdated,
        balance,
      };
    });
    return monthly(lines, { ...account, exponent }, timeZone);
  });

/** Months of thirty days: which midnight they end at is the business of whoever asks. */
function monthly(lines: readonly StatementLine[], of: typeof account, timeZone: string): Statement[] {
  const monthMs = 30 * 86_400_000;
  const statements: Statement[] = [];
  for (let from = october.from, opening = 0n; statements.length < 4; from += monthMs) {
    const to = from + monthMs;
    const own = lines.filter(({ recordedAt }) => recordedAt >= from && recordedAt < to);
    const closing = own.at(-1)?.balance ?? opening;
    const period = { label: `month ${statements.length}`, from, to, timeZone };
    statements.push(buildStatement({ ...of, period, opening, closing, lines: own, checkpoint }));
    opening = closing;
  }
  return statements;
}
