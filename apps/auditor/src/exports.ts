import { WrongUse } from '@florin/configuration';
import {
  exportToFile,
  ExportFault,
  ExportImpossible,
  verifyExport,
  type ExportedFile,
  type ExportReport,
} from '@florin/books';
import { keyOf, keyOption, ledgerOf, ledgerOption, urlOf, urlOption } from './arguments.js';
import { command, revisionOfPoint, type Call, type Command } from './command.js';
import { withStore } from './store.js';
import type { ExitCode } from './surroundings.js';

const writeOptions = {
  ledger: ledgerOption,
  out: { type: 'string', takes: '<file>', about: 'a new file, such as it-eur.ndjson.gz' },
  from: {
    type: 'string',
    takes: '<revision>',
    about: 'the first event (default: 0); above zero it is a part',
  },
  to: { type: 'string', takes: '<revision>', about: 'the last event (default: the last that is signed)' },
  url: urlOption,
} as const;

const readOptions = {
  key: keyOption,
  unsigned: { type: 'boolean', about: 'look at no signature' },
} as const;

/** The commands that write and read an export. */
export const exportCommands: readonly Command[] = [
  command({
    name: 'export',
    syntax: 'export --ledger <id> --out <file>',
    words: [0, 0],
    about: 'write one book into a file that proves itself',
    details: [
      'The file has every event and every signed head: docs/audit-export.md.',
      'An export that was interrupted is taken up again by the same command.',
    ],
    options: writeOptions,
    at: { means: 'in place of --to: the last event is that of a revision, or the last one at an instant' },
    progress: true,
    run: write,
  }),
  command({
    name: 'verify-export',
    syntax: 'verify-export <file> … --key <public key>',
    words: [1, 1_000],
    about: 'check such a file, or all of its parts, offline',
    details: ['Checks all that verify and checkpoints do, and names the first line that is wrong.'],
    options: readOptions,
    at: { never: 'a file is checked as a whole' },
    progress: true,
    run: verify,
  }),
];

async function write(call: Call<typeof writeOptions>): Promise<ExitCode> {
  const { at, env, err, json, out, values, watched } = call;
  const ledger = ledgerOf(values.ledger);
  const path = values.out;
  if (ledger === undefined) throw new WrongUse('Which book? Say --ledger <id>');
  if (path === undefined) throw new WrongUse('Where to? Say --out <file>.ndjson.gz');
  if (at !== undefined && values.to !== undefined) throw new WrongUse('Say --to or --at, not both');
  const from = revisionOf('--from', values.from);
  const end = revisionOf('--to', values.to);
  return withStore(urlOf(values.url, env), async (store) => {
    const upTo = await revisionOfPoint(store, ledger, at);
    const range = { ledger, from, to: upTo === undefined ? end : Number(upTo) };
    try {
      const file = await watched(`Writing ${ledger}`, (onProgress) =>
        exportToFile(store, path, { ...range, onProgress }),
      );
      out(json ? `${JSON.stringify({ ...wireFile(file, path), finding: null })}\n` : fileText(file, path));
      return 0;
    } catch (error) {
      if (error instanceof ExportImpossible) throw new WrongUse(error.message, { cause: error });
      if (!(error instanceof ExportFault)) throw error;
      const { code, message: detail } = error;
      if (json) out(`${JSON.stringify({ ledger, finding: { code, detail } })}\n`);
      err(`${ledger} cannot be exported (${code}): ${detail}\n`);
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

async function verify(call: Call<typeof readOptions>): Promise<ExitCode> {
  const { err, json, out, values, watched, words: files } = call;
  if ((values.key === undefined) === (values.unsigned !== true)) {
    throw new WrongUse(
      'Say --key <public key>, once per key of the book, or --unsigned to look at no signature',
    );
  }
  const keys = values.key?.map(keyOf);
  const report = await watched(
    'Verifying',
    (onProgress) => verifyExport(files, { keys, onProgress }).catch(refuseUnreadable),
    'bytes',
  );
  const { finding } = report;
  if (json) out(`${JSON.stringify(wireReport(report))}\n`);
  else out(reportText(report, keys !== undefined));
  if (finding !== undefined) {
    err(
      `Line ${finding.line} of ${finding.file}${place(finding.revision)} is wrong (${finding.code}): ${finding.detail}\n`,
    );
  }
  return finding === undefined ? 0 : 1;
}

const place = (revision: number | null): string => (revision === null ? '' : `, revision ${revision},`);

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
