import { createHash } from 'node:crypto';
import { checkpoint, given, linesFrom, october, proofUrl } from './given.spec.js';
import { pdfPages } from './pdf-reader.spec.js';
import { maxPrintedLines, statementPdf } from './pdf.js';

const whole = { checkpoint, proofUrl };

describe('a printed statement', () => {
  it.each([
    ['it', ['Estratto conto', '01/10/2026 – 31/10/2026', 'Saldo finale', '5,00 EUR', 'Pagina 1 di 1']],
    ['en', ['Account statement', '01 Oct 2026 – 31 Oct 2026', 'Closing balance', '5.00 EUR', 'Page 1 of 1']],
    ['pt', ['Extrato da conta', '01/10/2026 – 31/10/2026', 'Saldo final', '5,00 EUR', 'Página 1 de 1']],
  ] as const)('speaks %s', async (language, texts) => {
    const [page] = pdfPages(await statementPdf(given(whole), language));
    expect(page).toEqual(expect.arrayContaining([...texts]));
  });

  it('has lines with running balances, the fingerprint, and no more of the account than its end', async () => {
    const pdf = await statementPdf(given(whole), 'en');
    const [page = []] = pdfPages(pdf);
    expect(page.join('|')).toContain(
      '02 Oct 2026|30 Sep 2026|Payment sent|#101  01a1fdfa-4610-7000-8000-000000000001|-5.00|17.50|',
    );
    expect(page.join('|')).toContain('|Reversal|');
    expect(page).toContain('b47ae3dc f10a63f1 5fd8621f 95fbca2c');
    expect(page).toContain('…0000a44a');
    expect(page.join(' ')).not.toContain('01a1fdfa-4600');
  });

  it('is the same file for the same statement, and another one for another', async () => {
    const hash = async (statement: ReturnType<typeof given>) =>
      createHash('sha256')
        .update(await statementPdf(statement, 'it'))
        .digest('hex');
    const first = await hash(given(whole));
    expect(await hash(given(whole))).toBe(first);
    expect(await hash(given({ ...whole, proofUrl: `${proofUrl}x` }))).not.toBe(first);
    expect(await hash(given({ checkpoint }))).not.toBe(first);
  });

  it('has as many pages as it needs, each with its number, and its end in one piece', async () => {
    const moves = Array.from({ length: 150 }, () => ({ change: 1n, recordedAt: october.from }));
    for (const count of [0, 1, 15, 16, 17, 18, 22, 23, 24, 45, 46, 50, 150]) {
      const lines = linesFrom(0n, moves.slice(0, count));
      const pages = pdfPages(await statementPdf(given({ ...whole, opening: 0n, lines }), 'en'));
      expect(pages.flat().filter((text) => text.startsWith('#'))).toHaveLength(count);
      pages.forEach((page, i) => expect(page).toContain(`Page ${i + 1} of ${pages.length}`));
      expect(pages.at(-1)).toEqual(expect.arrayContaining(['Closing balance', 'How to check it']));
    }
  });

  it('says what it is while the month goes on, and where nothing moved', async () => {
    const [early = []] = pdfPages(
      await statementPdf(given({ provisional: { revision: 7n }, lines: [] }), 'it'),
    );
    expect(early).toEqual(
      expect.arrayContaining([
        'Provvisorio: il periodo non è finito (revisione 7 del libro)',
        'Nessun movimento',
        'Saldo finora',
        'Nessun checkpoint firmato copre ancora questo estratto conto.',
      ]),
    );
  });

  it('replaces what its letters cannot write, and cuts what is too long', async () => {
    const lines = linesFrom(0n, [{ change: 1n, kind: 'नx', reference: 'à–😀'.repeat(20) }]);
    const [page = []] = pdfPages(await statementPdf(given({ opening: 0n, lines }), 'pt'));
    expect(page).toContain('?x');
    expect(page.find((text) => text.startsWith('#100'))).toMatch(/^#100 {2}à–\?à–\?.*…$/);
  });

  it('ends somewhere', async () => {
    const lines = linesFrom(
      0n,
      Array.from({ length: maxPrintedLines + 1 }, () => ({ change: 1n, recordedAt: october.from })),
    );
    await expect(statementPdf(given({ opening: 0n, lines }), 'it')).rejects.toThrow(RangeError);
  });
});
