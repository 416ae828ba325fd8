import type { ReadElement } from './xml-reader.spec.js';

/**
 * The structure of camt.053.001.08 as ISO publishes it in its schema, for the types that a statement of ours can use: children in their
 * order as `name type occurs`, where `?` is 0..1, `*` 0..n, `+` 1..n and nothing is exactly once. A type that is not here (`-`) may
 * not be used; a choice is one of its children.
 */
const sequences: Readonly<Record<string, string>> = {
  Document: 'BkToCstmrStmt BankToCustomerStatementV08',
  BankToCustomerStatementV08: 'GrpHdr GroupHeader81, Stmt AccountStatement9 +, SplmtryData - *',
  GroupHeader81:
    'MsgId Max35Text, CreDtTm ISODateTime, MsgRcpt - ?, MsgPgntn Pagination1 ?, OrgnlBizQry - ?, AddtlInf Max500Text ?',
  Pagination1: 'PgNb Max5NumericText, LastPgInd YesNoIndicator',
  AccountStatement9:
    'Id Max35Text, StmtPgntn Pagination1 ?, ElctrncSeqNb Number ?, RptgSeq - ?, LglSeqNb Number ?, CreDtTm ISODateTime ?, ' +
    'FrToDt DateTimePeriod1 ?, CpyDplctInd - ?, RptgSrc - ?, Acct CashAccount39, RltdAcct - ?, Intrst - *, ' +
    'Bal CashBalance8 +, TxsSummry TotalTransactions6 ?, Ntry ReportEntry10 *, AddtlStmtInf Max500Text ?',
  DateTimePeriod1: 'FrDtTm ISODateTime, ToDtTm ISODateTime',
  CashAccount39:
    'Id AccountIdentification4Choice, Tp - ?, Ccy ActiveOrHistoricCurrencyCode ?, Nm Max70Text ?, Prxy - ?, Ownr - ?, Svcr - ?',
  GenericAccountIdentification1: 'Id Max34Text, SchmeNm AccountSchemeName1Choice ?, Issr Max35Text ?',
  CashBalance8:
    'Tp BalanceType13, CdtLine - *, Amt ActiveOrHistoricCurrencyAndAmount, CdtDbtInd CreditDebitCode, ' +
    'Dt DateAndDateTime2Choice, Avlbty - *',
  BalanceType13: 'CdOrPrtry BalanceType10Choice, SubTp - ?',
  TotalTransactions6:
    'TtlNtries NumberAndSumOfTransactions4 ?, TtlCdtNtries NumberAndSumOfTransactions1 ?, ' +
    'TtlDbtNtries NumberAndSumOfTransactions1 ?, TtlNtriesPerBkTxCd - *',
  NumberAndSumOfTransactions4:
    'NbOfNtries Max15NumericText ?, Sum DecimalNumber ?, TtlNetNtry AmountAndDirection35 ?',
  NumberAndSumOfTransactions1: 'NbOfNtries Max15NumericText ?, Sum DecimalNumber ?',
  AmountAndDirection35: 'Amt NonNegativeDecimalNumber, CdtDbtInd CreditDebitCode',
  ReportEntry10:
    'NtryRef Max35Text ?, Amt ActiveOrHistoricCurrencyAndAmount, CdtDbtInd CreditDebitCode, RvslInd TrueFalseIndicator ?, ' +
    'Sts EntryStatus1Choice, BookgDt DateAndDateTime2Choice ?, ValDt DateAndDateTime2Choice ?, AcctSvcrRef Max35Text ?, ' +
    'Avlbty - *, BkTxCd BankTransactionCodeStructure4, ComssnWvrInd - ?, AddtlInfInd - ?, AmtDtls - ?, Chrgs - ?, ' +
    'TechInptChanl - ?, Intrst - ?, CardTx - ?, NtryDtls EntryDetails9 *, AddtlNtryInf Max500Text ?',
  BankTransactionCodeStructure4:
    'Domn BankTransactionCodeStructure5 ?, Prtry ProprietaryBankTransactionCodeStructure1 ?',
  BankTransactionCodeStructure5: 'Cd Max4Code, Fmly BankTransactionCodeStructure6',
  BankTransactionCodeStructure6: 'Cd Max4Code, SubFmlyCd Max4Code',
  ProprietaryBankTransactionCodeStructure1: 'Cd Max35Text, Issr Max35Text ?',
  EntryDetails9: 'Btch - ?, TxDtls EntryTransaction10 *',
  EntryTransaction10:
    'Refs TransactionReferences6 ?, Amt ActiveOrHistoricCurrencyAndAmount ?, CdtDbtInd CreditDebitCode ?, AmtDtls - ?, ' +
    'Avlbty - *, BkTxCd BankTransactionCodeStructure4 ?, Chrgs - ?, Intrst - ?, RltdPties - ?, RltdAgts - ?, LclInstrm - ?, ' +
    'Purp - ?, RltdRmtInf - *, RmtInf RemittanceInformation16 ?, RltdDts - ?, RltdPric - ?, RltdQties - *, FinInstrmId - ?, ' +
    'Tax - ?, RtrInf - ?, CorpActn - ?, SfkpgAcct - ?, CshDpst - *, CardTx - ?, AddtlTxInf Max500Text ?, SplmtryData - *',
  TransactionReferences6:
    'MsgId Max35Text ?, AcctSvcrRef Max35Text ?, PmtInfId Max35Text ?, InstrId Max35Text ?, EndToEndId Max35Text ?, UETR - ?, ' +
    'TxId Max35Text ?, MndtId Max35Text ?, ChqNb Max35Text ?, ClrSysRef Max35Text ?, AcctOwnrTxId Max35Text ?, ' +
    'AcctSvcrTxId Max35Text ?, MktInfrstrctrTxId Max35Text ?, PrcgId Max35Text ?, Prtry - *',
  RemittanceInformation16: 'Ustrd Max140Text *, Strd - *',
};

const choices: Readonly<Record<string, string>> = {
  AccountIdentification4Choice: 'IBAN -, Othr GenericAccountIdentification1',
  AccountSchemeName1Choice: 'Cd Max4Code, Prtry Max35Text',
  BalanceType10Choice: 'Cd Max4Code, Prtry Max35Text',
  DateAndDateTime2Choice: 'Dt ISODate, DtTm ISODateTime',
  EntryStatus1Choice: 'Cd Max4Code, Prtry Max35Text',
};

const anyText = (max: number): RegExp => new RegExp(`^[^]{1,${max}}$`, 'u');
const clock = '([01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(\\.\\d+)?(Z|[+-](0\\d|1[0-4]):[0-5]\\d)?';
const date = '\\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\\d|3[01])';

const texts: Readonly<Record<string, RegExp>> = {
  Max34Text: anyText(34),
  Max35Text: anyText(35),
  Max70Text: anyText(70),
  Max140Text: anyText(140),
  Max500Text: anyText(500),
  Max4Code: anyText(4),
  Max5NumericText: /^[0-9]{1,5}$/,
  Max15NumericText: /^[0-9]{1,15}$/,
  Number: /^-?[0-9]{1,18}$/,
  DecimalNumber: /^(?=(\D*\d){1,18}\D*$)-?[0-9]+(\.[0-9]{1,17})?$/,
  NonNegativeDecimalNumber: /^(?=(\D*\d){1,18}\D*$)[0-9]+(\.[0-9]{1,17})?$/,
  ActiveOrHistoricCurrencyAndAmount: /^(?=(\D*\d){1,18}\D*$)[0-9]+(\.[0-9]{1,5})?$/,
  ActiveOrHistoricCurrencyCode: /^[A-Z]{3}$/,
  CreditDebitCode: /^(CRDT|DBIT)$/,
  TrueFalseIndicator: /^(true|false|0|1)$/,
  YesNoIndicator: /^(true|false|0|1)$/,
  ISODate: new RegExp(`^${date}$`),
  ISODateTime: new RegExp(`^${date}T${clock}$`),
};

/** What of a document is not as the schema says; nothing where it is valid. */
export function schemaFaults(root: ReadElement): string[] {
  if (root.name !== 'Document') return [`the root is ${root.name}`];
  const { xmlns, ...others } = root.attributes;
  const names = Object.keys(others);
  const namespace = xmlns === 'urn:iso:std:iso:20022:tech:xsd:camt.053.001.08' ? [] : [`namespace ${xmlns}`];
  return [...namespace, ...names, ...faults({ ...root, attributes: {} }, 'Document', 'Document')];
}

function faults(element: ReadElement, type: string, path: string): string[] {
  const text = texts[type];
  const wrong = [...attributeFaults(element, type, path)];
  if (text !== undefined) {
    if (element.children.length > 0) wrong.push(`${path} has elements`);
    if (!text.test(element.text)) wrong.push(`${path} is no ${type}: ${element.text}`);
    return wrong;
  }
  if (element.text.trim() !== '') wrong.push(`${path} has text`);
  const choice = choices[type];
  const sequence = sequences[type];
  if (choice !== undefined) return [...wrong, ...choiceFaults(element, choice, path)];
  if (sequence !== undefined) return [...wrong, ...sequenceFaults(element, sequence, path)];
  return [...wrong, `${path} has a type that is not known here: ${type}`];
}

function attributeFaults({ attributes }: ReadElement, type: string, path: string): string[] {
  const { Ccy, ...others } = attributes;
  const unknown = Object.keys(others).map((name) => `${path} has ${name}`);
  if (type !== 'ActiveOrHistoricCurrencyAndAmount') return Ccy === undefined ? unknown : [`${path} has Ccy`];
  return Ccy !== undefined && /^[A-Z]{3}$/.test(Ccy) ? unknown : [...unknown, `${path} has no Ccy`];
}

function choiceFaults({ children }: ReadElement, choice: string, path: string): string[] {
  const [only, ...others] = children;
  const chosen = parts(choice).find(({ name }) => name === only?.name);
  if (only === undefined || chosen === undefined || others.length > 0)
    return [`${path} is not one of ${choice}`];
  return faults(only, chosen.type, `${path}/${only.name}`);
}

function sequenceFaults({ children }: ReadElement, sequence: string, path: string): string[] {
  const wrong: string[] = [];
  let next = 0;
  for (const { name, type, occurs } of parts(sequence)) {
    const begin = next;
    while (children[next]?.name === name) next += 1;
    const count = next - begin;
    if (count === 0 && occurs !== '?' && occurs !== '*') wrong.push(`${path}/${name} is missing`);
    if (count > 1 && occurs !== '*' && occurs !== '+') wrong.push(`${path}/${name} is there ${count} times`);
    for (const child of children.slice(begin, next)) wrong.push(...faults(child, type, `${path}/${name}`));
  }
  const left = children[next];
  return left === undefined ? wrong : [...wrong, `${path}/${left.name} is not in its place`];
}

function parts(list: string): { name: string; type: string; occurs: string }[] {
  return list.split(', ').map((part) => {
    const [name = '', type = '', occurs = ''] = part.split(' ');
    return { name, type, occurs };
  });
}
