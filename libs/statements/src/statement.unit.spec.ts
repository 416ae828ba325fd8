import { account, given, linesFrom, october } from './given.spec.js';
import {
  buildStatement,
  statementId,
  statementTime,
  StatementWrong,
  type StatementParts,
} from './statement.js';

describe('a statement', () => {
  it('adds up what comes in and what goes out', () => {
    const { closing, credits, debits, lines, opening } = given();
    expect({ opening, closing, credits, debits }).toEqual({
      opening: 1_000n,
      closing: 500n,
      credits: { count: 1, sum: 1_250n },
      debits: { count: 2, sum: 1_750n },
    });
    expect(lines.map(({ balance }) => balance)).toEqual([2_250n, 1_750n, 500n]);
  });

  it('can be of a time in which nothing moved', () => {
    const none = { count: 0, sum: 0n };
    expect(given({ lines: [] })).toMatchObject({
      opening: 1_000n,
      closing: 1_000n,
      credits: none,
      debits: none,
    });
  });

  const [first, second] = linesFrom(0n, [{ change: 5n }, { change: 7n }]) as [never, never];
  const sound = { ...account, period: october, opening: 0n, closing: 12n, lines: [first, second] };
  it.each<[string, Partial<StatementParts>, string]>([
    ['lead to the closing balance', { closing: 13n }, 'the lines lead to 12, but the closing balance is 13'],
    [
      'go on from the opening balance',
      { opening: 1n },
      'revision 100: the balance is 5, but the lines lead to 6',
    ],
    ['change something', { lines: linesFrom(0n, [{ change: 0n }]) }, 'nothing changes'],
    [
      'stand in the order of the book',
      { lines: [first, { ...(second as object), revision: 100n } as never] },
      'revision 100',
    ],
    [
      'be recorded in that order',
      { lines: [first, { ...(second as object), recordedAt: october.from } as never] },
      'before the line above',
    ],
    [
      'be recorded in the period',
      { period: { ...october, to: october.from + 86_400_000 } },
      'not recorded within',
    ],
    ['have a period', { period: { ...october, to: october.from } }, 'ends before it begins'],
  ])('must %s', (_what, wrong, message) => {
    expect(() => buildStatement(sound)).not.toThrow();
    expect(() => buildStatement({ ...sound, ...wrong })).toThrow(StatementWrong);
    expect(() => buildStatement({ ...sound, ...wrong })).toThrow(message);
  });

  it('speaks for the end of its period, or for its last line until then', () => {
    const provisional = { revision: 200n };
    expect(statementTime(given())).toBe(october.to);
    expect(statementTime(given({ provisional }))).toBe(given().lines.at(-1)?.recordedAt);
    expect(statementTime(given({ provisional, lines: [] }))).toBe(october.from);
  });

  it('has a name of its own, which is the same whoever makes it', () => {
    const ids = [
      given(),
      given({ lines: [] }),
      given({ account: 'wallet:other' }),
      given({ ledger: 'it-eur-2' }),
      given({ period: { ...october, to: october.to + 1 } }),
    ].map(statementId);
    expect(new Set(ids).size).toBe(5);
    expect(statementId(given())).toBe(ids[0]);
    expect(ids.every((id) => /^[0-9a-f]{32}$/.test(id))).toBe(true);
  });
});
