import { createHash } from 'node:crypto';
import { datesIn, type ZoneDates } from './dates.js';
import { decimalOf, magnitude } from './decimal.js';
import { statementId, statementTime, type Statement, type StatementLine } from './statement.js';
import { element, xmlDocument, type XmlElement } from './xml.js';

export const camtNamespace = 'urn:iso:std:iso:20022:tech:xsd:camt.053.001.08';

/** What the elements of one statement are written with. */
interface Pen {
  readonly dates: ZoneDates;
  readonly decimal: (minor: bigint) => string;
  readonly amount: (minor: bigint) => XmlElement;
}

/**
 * A statement as ISO 20022 camt.053.001.08. `CRDT` raises the account's balance, `DBIT` lowers it. Booking and value dates are
 * days of the period's time zone. While the period is not over the last balance is `ITBD` (interim) instead of `CLBD`.
 * Throws `RangeError` for a currency without an ISO 4217 code, for which the schema has no room.
 */
export function statementCamt(statement: Statement): string {
  const { currency, exponent, period } = statement;
  if (!/^[A-Z]{3}$/.test(currency))
    throw new RangeError(`${currency} is no ISO 4217 code, which camt.053 needs`);
  const dates = datesIn(period.timeZone);
  const decimal = (minor: bigint): string => decimalOf(minor, exponent);
  const pen: Pen = {
    dates,
    decimal,
    amount: (minor) => element('Amt', decimal(magnitude(minor)), { Ccy: currency }),
  };
  const id = statementId(statement);
  const created = element('CreDtTm', dates.time(statementTime(statement)));
  const pages = element('MsgPgntn', [element('PgNb', '1'), element('LastPgInd', 'true')]);
  const header = element('GrpHdr', [element('MsgId', id), created, pages]);
  const body = element(
    'Stmt',
    partsOf(statement, pen, [element('Id', id), sequenceOf(period.label), created]),
  );
  return xmlDocument(
    element('Document', [element('BkToCstmrStmt', [header, body])], { xmlns: camtNamespace }),
  );
}

/** One by one, for a statement can have thousands. */
function* partsOf(
  statement: Statement,
  pen: Pen,
  head: readonly (XmlElement | undefined)[],
): Generator<XmlElement | undefined> {
  const { lines, period } = statement;
  yield* head;
  yield element('FrToDt', [
    element('FrDtTm', pen.dates.time(period.from)),
    element('ToDtTm', pen.dates.time(period.to - 1)),
  ]);
  yield accountOf(statement);
  yield* balancesOf(statement, pen);
  yield summaryOf(statement, pen);
  for (const line of lines) yield entryOf(line, pen);
  yield remarkOf(statement);
}

/** Months count on, so that a missing statement shows; other periods have no number. */
function sequenceOf(label: string): XmlElement | undefined {
  const [, year, month] = /^(\d{4})-(\d{2})$/.exec(label) ?? [];
  if (year === undefined || month === undefined) return undefined;
  return element('ElctrncSeqNb', String((Number(year) - 1970) * 12 + Number(month)));
}

/** `wallet:<UUID>` of `it-eur`: the UUID as the account's id, `wallet` as its scheme, `it-eur` as the issuer. */
function accountOf({ account, currency, ledger }: Statement): XmlElement {
  const [scheme = '', ...rest] = account.split(':');
  const other = element('Othr', [
    element('Id', shortened(rest.join(':') || scheme, 34)),
    element('SchmeNm', [element('Prtry', shortened(scheme, 35))]),
    element('Issr', shortened(ledger, 35)),
  ]);
  return element('Acct', [element('Id', [other]), element('Ccy', currency)]);
}

function balancesOf({ closing, opening, period, provisional }: Statement, pen: Pen): XmlElement[] {
  const balance = (code: string, minor: bigint, ms: number): XmlElement =>
    element('Bal', [
      element('Tp', [element('CdOrPrtry', [element('Cd', code)])]),
      pen.amount(minor),
      direction(minor),
      element('Dt', [element('Dt', pen.dates.day(ms))]),
    ]);
  return [
    balance('OPBD', opening, period.from),
    balance(provisional === undefined ? 'CLBD' : 'ITBD', closing, period.to - 1),
  ];
}

function summaryOf({ closing, credits, debits, opening }: Statement, { decimal }: Pen): XmlElement {
  const net = closing - opening;
  const total = (name: string, count: number, sum: bigint, ...more: XmlElement[]): XmlElement =>
    element(name, [element('NbOfNtries', String(count)), element('Sum', decimal(sum)), ...more]);
  const netted = element('TtlNetNtry', [element('Amt', decimal(magnitude(net))), direction(net)]);
  return element('TxsSummry', [
    total('TtlNtries', credits.count + debits.count, credits.sum + debits.sum, netted),
    total('TtlCdtNtries', credits.count, credits.sum),
    total('TtlDbtNtries', debits.count, debits.sum),
  ]);
}

function entryOf(line: StatementLine, { dates, amount }: Pen): XmlElement {
  const day = (name: string, ms: number): XmlElement => element(name, [element('Dt', dates.day(ms))]);
  const reference = line.reference === '' ? undefined : element('Ustrd', line.reference.slice(0, 140));
  const details = element('TxDtls', [
    element('Refs', [element('EndToEndId', shortened(line.reference, 35))]),
    amount(line.change),
    direction(line.change),
    reference && element('RmtInf', [reference]),
  ]);
  return element('Ntry', [
    element('NtryRef', line.revision.toString()),
    amount(line.change),
    direction(line.change),
    element('RvslInd', String(line.reverses !== undefined)),
    element('Sts', [element('Cd', 'BOOK')]),
    day('BookgDt', line.recordedAt),
    day('ValDt', line.effectiveAt),
    element('AcctSvcrRef', shortened(line.entryId, 35)),
    transactionCode(line),
    element('NtryDtls', [details]),
    line.reverses === undefined ? undefined : element('AddtlNtryInf', `Reverses ${line.reverses}`),
  ]);
}

/** Payments between people are transfers within the books; for what else moves money ISO has no code. */
function transactionCode({ change, kind }: StatementLine): XmlElement {
  const [domain, family, sub] =
    kind === 'p2p' ? ['PMNT', change < 0n ? 'ICDT' : 'RCDT', 'BOOK'] : ['XTND', 'NTAV', 'NTAV'];
  return element('BkTxCd', [
    element('Domn', [
      element('Cd', domain),
      element('Fmly', [element('Cd', family), element('SubFmlyCd', sub)]),
    ]),
    element('Prtry', [element('Cd', shortened(kind, 35)), element('Issr', 'Florin')]),
  ]);
}

function remarkOf({ checkpoint, proofUrl, provisional }: Statement): XmlElement | undefined {
  const remarks = [
    provisional && `Provisional: as of revision ${provisional.revision} of the book.`,
    checkpoint && `Checkpoint SHA-256 ${checkpoint.fingerprint}.`,
    proofUrl !== undefined && `Proof: ${proofUrl}`,
  ].filter((remark) => typeof remark === 'string');
  return remarks.length === 0 ? undefined : element('AddtlStmtInf', remarks.join(' ').slice(0, 500));
}

function direction(minor: bigint): XmlElement {
  return element('CdtDbtInd', minor < 0n ? 'DBIT' : 'CRDT');
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * An id where the schema has room for `max` (at least 32) characters: a UUID loses its hyphens, what is too long otherwise becomes the
 * first 32 hex digits of its SHA-256, an empty one `NOTPROVIDED`.
 */
function shortened(id: string, max: number): string {
  if (id === '') return 'NOTPROVIDED';
  if (uuid.test(id)) return id.replaceAll('-', '');
  return id.length <= max ? id : createHash('sha256').update(id).digest('hex').slice(0, 32);
}
