import { commandLine, WrongUse } from '@florin/configuration';
import {
  exportToFile,
  ExportFault,
  ExportImpossible,
  verifyExport,
  type ExportedFile,
  type ExportReport,
} from '@florin/books';
import { keyOf, ledgerOf, urlOf } from './arguments.js';
import { progressBar } from './progress.js';
import { withStore } from './store.js';
import type { ExitCode, Surroundings } from './surroundings.js';

/** Whether the command is one of those that write or read an export: they take options of their own. */
export function isExportCommand([command]: readonly string[]): boolean {
  return command === 'export' || command === 'verify-export';
}

/** Runs `export` or `verify-export`. Throws WrongUse with a sentence that helps. */
export async function runExportCommand(
  [command, ...args]: readonly string[],
  surroundings: Surroundings,
): Promise<ExitCode> {
  return command === 'export' ? write(args, surroundings) : verify(args, surroundings);
}

async function write(args: readonly string[], { env, out, err, terminal }: Surroundings): Promise<ExitCode> {
  const { positionals, values } = commandLine(args, {
    ledger: { type: 'string' },
    out: { type: 'string' },
    from: { type: 'string' },
    to: { type: 'string' },
    url: { type: 'string' },
    json: { type: 'boolean' },
  });
  if (positionals[0] !== undefined) throw new WrongUse(`export does not take "${positionals[0]}"`);
  const ledger = ledgerOf(values.ledger);
  const path = values.out;
  if (ledger === undefined) throw new WrongUse('Which book? Say --ledger <id>');
  if (path === undefined) throw new WrongUse('Where to? Say --out <file>.ndjson.gz');
  const range = { ledger, from: revisionOf('--from', values.from), to: revisionOf('--to', values.to) };
  const bar = terminal ? progressBar(`Writing ${ledger}`, err) : undefined;
  return withStore(urlOf(values.url, env), async (store) => {
    try {
      const file = await exportToFile(store, path, { ...range, onProgress: bar?.show }).finally(() =>
        bar?.clear(),
      );
      out(values.json === true ? `${JSON.stringify(wireFile(file, path))}\n` : fileText(file, path));
      return 0;
    } catch (error) {
      if (error instanceof ExportImpossible) throw new WrongUse(error.message, { cause: error });
      if (!(error instanceof ExportFault)) throw error;
      err(`${ledger} cannot be exported (${error.code}): ${error.message}\n`);
      return 1;
    }
  });
}

function revisionOf(option: string, text: string | undefined): number | undefined {
  if (text === undefined || /^\d{1,15}$/.test(text)) return text === undefined ? undefined : Number(text);
  throw new WrongUse(`${option} takes a revision, a whole number from zero`);
}

function wireFile({ header, ...file }: ExportedFile, path: string): object {
  const { nextCheckpoint: _ofTheStore, ...rest } = file;
  return { file: path, ...header, ...rest, resumedAt: file.resumedAt ?? null };
}

function fileText({ header, ...file }: ExportedFile, path: string): string {
  const { ledger, from, to } = header;
  const resumed = file.resumedAt === undefined ? '' : `, taken up again at revision ${file.resumedAt}`;
  const part = from === 0 ? '' : '\nA part: verify it together with those before it (docs/audit-export.md)';
  return (
    `${path}: ${ledger}, revisions ${from} to ${to}${resumed}\n` +
    `  entries      ${file.entries}\n` +
    `  checkpoints  ${file.checkpoints}\n` +
    `  bytes        ${file.bytes}\n` +
    `  head         ${ledger}:${file.revision}:${file.hash}${part}\n`
  );
}

async function verify(args: readonly string[], { out, err, terminal }: Surroundings): Promise<ExitCode> {
  const { positionals: files, values } = commandLine(args, {
    key: { type: 'string', multiple: true },
    unsigned: { type: 'boolean' },
    json: { type: 'boolean' },
  });
  if (files.length === 0) throw new WrongUse('Which file? Say verify-export <file> --key <public key>');
  if ((values.key === undefined) === (values.unsigned !== true)) {
    throw new WrongUse(
      'Say --key <public key>, once per key of the book, or --unsigned to look at no signature',
    );
  }
  const keys = values.key?.map(keyOf);
  const bar = terminal ? progressBar('Verifying', err, 'bytes') : undefined;
  const report = await verifyExport(files, { keys, onProgress: bar?.show })
    .catch(refuseUnreadable)
    .finally(() => bar?.clear());
  const { finding } = report;
  if (values.json === true) out(`${JSON.stringify(wireReport(report))}\n`);
  else out(reportText(report, keys !== undefined));
  if (finding !== undefined) {
    err(
      `Line ${finding.line} of ${finding.file}${at(finding.revision)} is wrong (${finding.code}): ${finding.detail}\n`,
    );
  }
  return finding === undefined ? 0 : 1;
}

const at = (revision: number | null): string => (revision === null ? '' : `, revision ${revision},`);

function refuseUnreadable(error: unknown): never {
  const ofTheSystem = typeof error === 'object' && error !== null && 'syscall' in error && 'message' in error;
  if (ofTheSystem) throw new WrongUse(String(error.message), { cause: error });
  throw error;
}

function wireReport({ header, finding, ...report }: ExportReport): object {
  const { ledger = null, currency = null } = header ?? {};
  return { verified: finding === undefined, ledger, currency, ...report, finding: finding ?? null };
}

function reportText(report: ExportReport, signed: boolean): string {
  const { header, head, finding } = report;
  const ledger = header?.ledger ?? 'export';
  const scope = report.whole
    ? ''
    : '\nA part: nothing is known of balances, floors, holds, periods and reversals';
  const unsigned = signed ? '' : '\nNo signature was looked at: nothing shows who wrote it';
  return (
    `${ledger}: ${finding === undefined ? 'verified' : 'NOT verified'}\n` +
    `  events       ${report.events}\n` +
    `  entries      ${report.entries}\n` +
    `  accounts     ${report.accounts}\n` +
    `  checkpoints  ${report.checkpoints}\n` +
    `  signed by    ${report.signers.join(', ') || '-'}\n` +
    `  head         ${ledger}:${head.revision}:${head.hash}${scope}${unsigned}\n`
  );
}
