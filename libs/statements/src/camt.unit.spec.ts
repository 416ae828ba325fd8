import { statementCamt } from './camt.js';
import { schemaFaults } from './camt-schema.spec.js';
import { account, checkpoint, given, linesFrom, proofUrl } from './given.spec.js';
import { at, readXml, textAt, type ReadElement } from './xml-reader.spec.js';

const statementOf = (document: ReadElement): ReadElement => at(document, 'BkToCstmrStmt', 'Stmt')[0]!;

describe('a statement in camt.053', () => {
  const document = readXml(statementCamt(given({ checkpoint, proofUrl })));
  const statement = statementOf(document);

  it('is as the schema says', () => {
    expect(schemaFaults(document)).toEqual([]);
  });

  it('names the account within the room that there is', () => {
    const [other] = at(statement, 'Acct', 'Id', 'Othr') as [ReadElement];
    expect(textAt(other, 'Id')).toBe('01a1fdfa46007000800000000000a44a');
    expect(textAt(other, 'SchmeNm', 'Prtry')).toBe('wallet');
    expect(textAt(other, 'Issr')).toBe('it-eur');
    const long = statementOf(readXml(statementCamt(given({ account: `wallet:${'x'.repeat(64)}` }))));
    expect(textAt(long, 'Acct', 'Id', 'Othr', 'Id')).toMatch(/^[0-9a-f]{32}$/);
  });

  it('has both balances, the sums, and the time of which it is', () => {
    const balances = at(statement, 'Bal').map((balance) =>
      [['Tp', 'CdOrPrtry', 'Cd'], ['Amt'], ['CdtDbtInd'], ['Dt', 'Dt']].map((path) =>
        textAt(balance, ...path),
      ),
    );
    expect(balances).toEqual([
      ['OPBD', '10.00', 'CRDT', '2026-10-01'],
      ['CLBD', '5.00', 'CRDT', '2026-10-31'],
    ]);
    expect(textAt(statement, 'TxsSummry', 'TtlNtries', 'TtlNetNtry', 'Amt')).toBe('5.00');
    expect(textAt(statement, 'TxsSummry', 'TtlNtries', 'TtlNetNtry', 'CdtDbtInd')).toBe('DBIT');
    expect(textAt(statement, 'TxsSummry', 'TtlDbtNtries', 'Sum')).toBe('17.50');
    expect(textAt(statement, 'FrToDt', 'FrDtTm')).toBe('2026-10-01T00:00:00.000+02:00');
    expect(textAt(statement, 'FrToDt', 'ToDtTm')).toBe('2026-10-31T23:59:59.999+01:00');
    expect(textAt(statement, 'AddtlStmtInf')).toBe(
      `Checkpoint SHA-256 ${checkpoint.fingerprint}. Proof: ${proofUrl}`,
    );
  });

  it('has every entry with its dates and references', () => {
    const [first, second, third] = at(statement, 'Ntry') as [ReadElement, ReadElement, ReadElement];
    expect(textAt(first, 'NtryRef')).toBe('100');
    expect(textAt(first, 'AcctSvcrRef')).toBe('01a1fdfa461070008000000000000000');
    expect(textAt(first, 'BkTxCd', 'Domn', 'Fmly', 'Cd')).toBe('RCDT');
    expect(textAt(first, 'RvslInd')).toBe('false');
    expect(textAt(second, 'BkTxCd', 'Domn', 'Fmly', 'Cd')).toBe('ICDT');
    expect([textAt(second, 'BookgDt', 'Dt'), textAt(second, 'ValDt', 'Dt')]).toEqual([
      '2026-10-02',
      '2026-09-30',
    ]);
    expect([textAt(third, 'Amt'), textAt(third, 'CdtDbtInd'), textAt(third, 'RvslInd')]).toEqual([
      '12.50',
      'DBIT',
      'true',
    ]);
    expect(textAt(third, 'BkTxCd', 'Prtry', 'Cd')).toBe('reversal');
    expect(textAt(third, 'AddtlNtryInf')).toBe('Reverses 01a1fdfa-4610-7000-8000-000000000000');
  });

  it('is valid without entries, below zero, provisional, and with odd references', () => {
    const odd = ['', '<&>"\r\n', '\u0000', '😀'.repeat(100), 'x'.repeat(36)];
    const cases = [
      given({ lines: [], opening: -5n }),
      given({ provisional: { revision: 7n }, period: { ...given().period, label: 'some days' } }),
      given({
        opening: 0n,
        lines: linesFrom(
          0n,
          odd.map((reference) => ({ change: 1n, reference })),
        ),
      }),
    ];
    const read = cases.map((each) => readXml(statementCamt(each)));
    expect(read.map(schemaFaults)).toEqual([[], [], []]);
    const [empty, early, strange] = read.map(statementOf) as [ReadElement, ReadElement, ReadElement];
    expect(at(empty, 'Ntry')).toEqual([]);
    expect(at(empty, 'Bal').map((balance) => textAt(balance, 'CdtDbtInd'))).toEqual(['DBIT', 'DBIT']);
    expect(at(early, 'Bal', 'Tp', 'CdOrPrtry', 'Cd').map(({ text }) => text)).toEqual(['OPBD', 'ITBD']);
    expect(at(early, 'ElctrncSeqNb')).toEqual([]);
    const ids = at(strange, 'Ntry', 'NtryDtls', 'TxDtls', 'Refs', 'EndToEndId').map(({ text }) => text);
    expect(ids[0]).toBe('NOTPROVIDED');
    expect(ids[1]).toBe('<&>"\r\n');
    expect(ids[4]).toMatch(/^[0-9a-f]{32}$/);
  });

  it('needs a currency that ISO knows', () => {
    expect(() => statementCamt(given({ currency: 'GOLDG' }))).toThrow(RangeError);
  });

  it('numbers the months', () => {
    expect(textAt(statement, 'ElctrncSeqNb')).toBe('682');
    const november = { ...given().period, label: '2026-11' };
    expect(textAt(statementOf(readXml(statementCamt(given({ period: november })))), 'ElctrncSeqNb')).toBe(
      '683',
    );
  });
});

describe('the check of the structure', () => {
  const sound = statementCamt(given({ ...account, checkpoint }));
  it.each<[string, (xml: string) => string, string]>([
    ['a missing element', (xml) => xml.replace(/<Sts>[^]*?<\/Sts>/, ''), 'Ntry/Sts is missing'],
    [
      'a wrong order',
      (xml) => xml.replace(/(<Amt[^]*?<\/Amt>)(\s*)(<CdtDbtInd>DBIT<\/CdtDbtInd>)/, '$3$2$1'),
      'CdtDbtInd is missing',
    ],
    ['a second one', (xml) => xml.replace(/(<Acct>[^]*?<\/Acct>)/, '$1$1'), 'Acct is there 2 times'],
    ['an unknown one', (xml) => xml.replace('<GrpHdr>', '<GrpHdr><Foo>x</Foo>'), 'GrpHdr/MsgId is missing'],
    ['no balance', (xml) => xml.replaceAll(/<Bal>[^]*?<\/Bal>/g, ''), 'Bal is missing'],
    [
      'the older status',
      (xml) => xml.replaceAll(/<Sts>\s*<Cd>BOOK<\/Cd>\s*<\/Sts>/g, '<Sts>BOOK</Sts>'),
      'Sts has text',
    ],
    ['a long reference', (xml) => xml.replace(/<NtryRef>/, `<NtryRef>${'1'.repeat(36)}`), 'no Max35Text'],
    [
      'a negative amount',
      (xml) => xml.replace('>10.00<', '>-10.00<'),
      'no ActiveOrHistoricCurrencyAndAmount',
    ],
    ['an amount without currency', (xml) => xml.replace(' Ccy="EUR"', ''), 'has no Ccy'],
    ['a date that is none', (xml) => xml.replace('2026-10-31</Dt>', '2026-10-32</Dt>'), 'no ISODate'],
    ['another namespace', (xml) => xml.replace('001.08', '001.02'), 'namespace'],
    ['two choices', (xml) => xml.replace('<Cd>OPBD</Cd>', '<Cd>OPBD</Cd><Prtry>x</Prtry>'), 'is not one of'],
  ])('finds %s', (_what, spoil, fault) => {
    const spoilt = spoil(sound);
    expect(spoilt).not.toBe(sound);
    expect(schemaFaults(readXml(spoilt)).join('\n')).toContain(fault);
  });

  it.each(['<a>', '<a></b>', '<a/><b/>', '<a>&x;</a>', '<a>&</a>', '<a>\u0001</a>', '</a>', '<a b=c></a>'])(
    'does not read %j',
    (xml) => {
      expect(() => readXml(xml)).toThrow();
    },
  );
});
