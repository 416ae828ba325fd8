import fc from 'fast-check';
import { statementCamt } from './camt.js';
import { schemaFaults } from './camt-schema.spec.js';
import { statementCsv } from './csv.js';
import { histories } from './given.spec.js';
import { statementJson } from './json.js';
import { pdfAmount, pdfPages, pdfRows } from './pdf-reader.spec.js';
import { statementPdf } from './pdf.js';
import type { Statement } from './statement.js';
import { at, readXml, textAt, type ReadElement } from './xml-reader.spec.js';

/** The numbers of a statement, as somebody reads them off. */
interface Numbers {
  readonly opening: bigint;
  readonly closing: bigint;
  readonly changes: readonly bigint[];
}

interface JsonStatement {
  opening: number;
  closing: number;
  lines: { change: number; balance: number }[];
}

const fromJson = (statement: Statement): Numbers => {
  const { opening, closing, lines } = JSON.parse(statementJson(statement)) as JsonStatement;
  return {
    opening: BigInt(opening),
    closing: BigInt(closing),
    changes: lines.map(({ change }) => BigInt(change)),
  };
};

/** A decimal number with just as many decimals as the currency has. */
function minorOf(text: string, exponent: number): bigint {
  const [whole = '', fraction = ''] = text.split('.');
  expect(fraction).toHaveLength(exponent);
  return BigInt(whole + fraction);
}

/** RFC 4180. */
function csvCells(csv: string): string[][] {
  const cells = [...csv.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g)];
  expect(cells.map(([whole]) => whole).join('')).toBe(csv);
  const rows: string[][] = [[]];
  for (const [, quoted, plain, end] of cells) {
    rows.at(-1)!.push(quoted?.replaceAll('""', '"') ?? plain ?? '');
    if (end === '\r\n') rows.push([]);
  }
  return rows.slice(0, -1);
}

const fromCsv = (statement: Statement): Numbers => {
  const [head = [], ...rows] = csvCells(statementCsv(statement));
  expect(rows.every((row) => row.length === head.length)).toBe(true);
  const numberIn = (row: string[], column: string) =>
    minorOf(row[head.indexOf(column)] ?? '', statement.exponent);
  return {
    opening: numberIn(rows[0]!, 'balance'),
    closing: numberIn(rows.at(-1)!, 'balance'),
    changes: rows.slice(1, -1).map((row) => numberIn(row, 'amount')),
  };
};

const fromCamt = (statement: Statement): Numbers => {
  const document = readXml(statementCamt(statement));
  expect(schemaFaults(document)).toEqual([]);
  const [read] = at(document, 'BkToCstmrStmt', 'Stmt') as [ReadElement];
  const signed = (element: ReadElement): bigint => {
    const minor = minorOf(textAt(element, 'Amt'), statement.exponent);
    return textAt(element, 'CdtDbtInd') === 'DBIT' ? -minor : minor;
  };
  const [opening, closing] = at(read, 'Bal').map(signed) as [bigint, bigint];
  return { opening, closing, changes: at(read, 'Ntry').map(signed) };
};

const fromPdf = async (statement: Statement): Promise<Numbers> => {
  const texts = pdfPages(await statementPdf(statement, 'en')).flat();
  const rows = pdfRows(texts, statement.exponent);
  expect(rows.map(({ balance }) => balance)).toEqual(statement.lines.map(({ balance }) => balance));
  return {
    opening: pdfAmount(texts, 'Opening balance', statement.exponent),
    closing: pdfAmount(texts, 'Closing balance', statement.exponent),
    changes: rows.map(({ change }) => change),
  };
};

/** That statements of one account join, by what is read off them; and that this is what they say. */
async function expectJoined(
  statements: readonly Statement[],
  read: (statement: Statement) => Numbers | Promise<Numbers>,
): Promise<void> {
  let balance = 0n;
  for (const statement of statements) {
    const { opening, closing, changes } = await read(statement);
    expect(opening).toBe(balance);
    expect(opening + changes.reduce((sum, change) => sum + change, 0n)).toBe(closing);
    expect(changes).toEqual(statement.lines.map(({ change }) => change));
    balance = closing;
  }
}

describe('statements of one month after the other join', () => {
  it.each([
    ['JSON', fromJson],
    ['CSV', fromCsv],
    ['camt.053', fromCamt],
  ])('in %s', async (_format, read) => {
    await fc.assert(
      fc.asyncProperty(histories, (statements) => expectJoined(statements, read)),
      { numRuns: 60 },
    );
  });

  it('in print', async () => {
    await fc.assert(
      fc.asyncProperty(histories, (statements) => expectJoined(statements, fromPdf)),
      { numRuns: 12 },
    );
  });
});
