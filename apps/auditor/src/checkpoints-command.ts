import { WrongUse } from '@florin/configuration';
import { keyOf, keyOption, ledgerOf, ledgerOption, urlOf, urlOption, witnessOptions } from './arguments.js';
import { checkCheckpoints, type CheckpointsReport } from './checkpoints.js';
import { command, revisionOfPoint, type Call } from './command.js';
import { demandOf } from './cosign.js';
import { booksOfKeys } from './proof-subject.js';
import { withStore } from './store.js';
import type { ExitCode } from './surroundings.js';

const options = {
  key: keyOption,
  ledger: { ...ledgerOption, about: `${ledgerOption.about}; those of the keys without it` },
  url: urlOption,
  ...witnessOptions,
} as const;

export const checkpointsCommand = command({
  name: 'checkpoints',
  syntax: 'checkpoints --key <public key> …',
  words: [0, 0],
  about: 'hold what is signed, and tiles, against the book',
  details: [
    'Reads a book from its first event and holds each signed head against it: signature, root, chain, totals, time.',
    'Tiles, of which proofs are made, are compared as well.',
    'With --witness-key every head that is older than a minute must be covered by one that was co-signed.',
  ],
  options,
  at: { means: 'the book and what was signed of it, up to a revision or an instant' },
  progress: true,
  run: checkpoints,
});

async function checkpoints(call: Call<typeof options>): Promise<ExitCode> {
  const { at, err, json, out, values, watched } = call;
  const keys = (values.key ?? []).map(keyOf);
  if (keys.length === 0) throw new WrongUse('Say checkpoints --key <public key>, once per key of the book');
  const demand = demandOf(values);
  const ledger = ledgerOf(values.ledger);
  const books = ledger === undefined ? booksOfKeys(keys) : [ledger];
  const reports = await withStore(urlOf(values.url, call.env), async (store) => {
    const done: CheckpointsReport[] = [];
    for (const book of books) {
      const upTo = await revisionOfPoint(store, book, at);
      const check = watched(`Reading ${book}`, (onProgress) =>
        checkCheckpoints(store, book, { keys, upTo, demand, nowMs: Date.now(), onProgress }),
      );
      done.push(await check);
    }
    return done;
  });
  const verified = reports.every(({ finding }) => finding === undefined);
  const wire = reports.map(({ finding, ...report }) => ({ ...report, finding: finding ?? null }));
  out(json ? `${JSON.stringify({ verified, ledgers: wire })}\n` : reports.map(reportText).join('\n'));
  for (const { finding, ledger: book } of reports) {
    if (finding === undefined) continue;
    const which = finding.checkpoint === undefined ? 'What is signed' : `Checkpoint ${finding.checkpoint}`;
    err(`${which} of ${book} is wrong (${finding.code}): ${finding.detail}\n`);
  }
  return verified ? 0 : 1;
}

function reportText(report: CheckpointsReport): string {
  return (
    `${report.ledger}: ${report.finding === undefined ? 'verified' : 'NOT verified'}\n` +
    `  checkpoints  ${report.checkpoints}\n` +
    `  events       ${report.events}, of which signed ${report.size}\n` +
    `  signed by    ${report.signers.join(', ') || '-'}\n` +
    (report.cosigned === undefined ? '' : `  co-signed    ${report.cosigned} events\n`)
  );
}
