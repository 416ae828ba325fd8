export { statementCamt } from './camt.js';
export { statementCsv } from './csv.js';
export { statementJson } from './json.js';
export { maxPrintedLines, statementPdf } from './pdf.js';
export {
  buildStatement,
  StatementWrong,
  type Statement,
  type StatementAccount,
  type StatementCheckpoint,
  type StatementLine,
  type StatementParts,
  type StatementPeriod,
  type StatementTotal,
} from './statement.js';
export type { StatementLanguage } from './words.js';
