import { readFileSync } from 'node:fs';
import {
  eventProof,
  eventProofFault,
  eventProofSchema,
  latestCheckpoint,
  nodesOf,
  proveConsistency,
  type EventProof,
  type StoredCheckpoint,
} from '@florin/books';
import { commandLine, WrongUse } from '@florin/configuration';
import { ledgerStream, marketOfLedger, markets } from '@florin/contracts';
import type { EventStore } from '@florin/event-store';
import { decodeRecord, outcomeId } from '@florin/ledger';
import { treeRoot, verifyConsistency, type VerifierKey } from '@florin/proofs';
import { keyOf, ledgerOf, urlOf } from './arguments.js';
import { checkCheckpoints, type CheckpointsReport } from './checkpoints.js';
import { cosignLatest, NotCosigned } from './cosign.js';
import { progressBar } from './progress.js';
import { withStore } from './store.js';
import type { ExitCode, Surroundings } from './surroundings.js';
import { newKey, runWitness } from './witness-command.js';

/** What a command about proofs was asked. */
interface Asked {
  readonly words: readonly string[];
  readonly keys: readonly VerifierKey[];
  readonly ledger: string | undefined;
  readonly json: boolean;
  readonly url: () => string;
}

type Command = (asked: Asked, surroundings: Surroundings) => Promise<ExitCode>;

const commands: Readonly<Record<string, Command>> = {
  checkpoints,
  proof,
  'verify-proof': verifyProof,
  consistency,
  cosign,
};

/** Whether the command is one about checkpoints and proofs: they take options of their own. */
export function isProofCommand([command = '']: readonly string[]): boolean {
  return Object.hasOwn(commands, command) || command === 'witness' || command === 'new-key';
}

/** Runs a command about checkpoints and proofs. Throws WrongUse with a sentence that helps. */
export async function runProofCommand(
  [name = '', ...args]: readonly string[],
  surroundings: Surroundings,
): Promise<ExitCode> {
  if (name === 'witness') return runWitness(args, surroundings);
  if (name === 'new-key') return newKey(args, surroundings);
  const { positionals, values } = commandLine(args, {
    key: { type: 'string', multiple: true },
    ledger: { type: 'string' },
    url: { type: 'string' },
    json: { type: 'boolean' },
  });
  const asked: Asked = {
    words: positionals,
    keys: (values.key ?? []).map(keyOf),
    ledger: ledgerOf(values.ledger),
    json: values.json ?? false,
    url: () => urlOf(values.url, surroundings.env),
  };
  return (commands[name] as Command)(asked, surroundings);
}

async function checkpoints(asked: Asked, { out, err, terminal }: Surroundings): Promise<ExitCode> {
  takes('checkpoints', asked, []);
  const books = asked.ledger === undefined ? booksOf(asked.keys) : [asked.ledger];
  const reports = await withStore(asked.url(), async (store) => {
    const done: CheckpointsReport[] = [];
    for (const ledger of books) {
      const bar = terminal ? progressBar(`Reading ${ledger}`, err) : undefined;
      const { keys } = asked;
      const report = checkCheckpoints(store, ledger, { keys, onProgress: bar?.show });
      done.push(await report.finally(() => bar?.clear()));
    }
    return done;
  });
  const verified = reports.every(({ finding }) => finding === undefined);
  const wire = reports.map(({ finding, ...report }) => ({ ...report, finding: finding ?? null }));
  out(asked.json ? `${JSON.stringify({ verified, ledgers: wire })}\n` : reports.map(reportText).join('\n'));
  for (const { finding, ledger } of reports) {
    if (finding === undefined) continue;
    const which = finding.checkpoint === undefined ? 'What is signed' : `Checkpoint ${finding.checkpoint}`;
    err(`${which} of ${ledger} is wrong (${finding.code}): ${finding.detail}\n`);
  }
  return verified ? 0 : 1;
}

function reportText(report: CheckpointsReport): string {
  return (
    `${report.ledger}: ${report.finding === undefined ? 'verified' : 'NOT verified'}\n` +
    `  checkpoints  ${report.checkpoints}\n` +
    `  events       ${report.events}, of which signed ${report.size}\n` +
    `  signed by    ${report.signers.join(', ') || '-'}\n`
  );
}

/** The books that keys are named after. */
function booksOf(keys: readonly VerifierKey[]): string[] {
  const books = keys.map(({ name }) => name.slice(name.lastIndexOf('/') + 1));
  const known = [...new Set(books)].filter((ledger) => marketOfLedger(ledger) !== undefined);
  if (known.length === 0) throw new WrongUse('Which book? The keys are of none; say --ledger <id>');
  return known;
}

async function proof(asked: Asked, { out }: Surroundings): Promise<ExitCode> {
  const [which = ''] = takes('proof', asked, ['<revision or entry id>']);
  const ledger = bookOf(asked);
  return withStore<ExitCode>(asked.url(), async (store) => {
    const checkpoint = await newest(store, ledger);
    const revision = /^\d{1,15}$/.test(which) ? Number(which) : await revisionOf(store, ledger, which);
    if (revision >= checkpoint.size) {
      throw new WrongUse(
        `Revision ${revision} is not covered yet; the last checkpoint covers ${checkpoint.size}`,
      );
    }
    out(`${JSON.stringify(await eventProof(store, ledger, revision, checkpoint, asked.keys), null, 2)}\n`);
    return 0;
  });
}

/** Looks through the whole log: no index is needed beside the event store. */
async function revisionOf(store: EventStore, ledger: string, id: string): Promise<number> {
  for await (const page of store.read(ledgerStream(ledger))) {
    const found = page.find((record) => outcomeId(decodeRecord(record)) === id);
    if (found !== undefined) return Number(found.revision);
  }
  throw new WrongUse(`${id} is no entry of ${ledger}; --ledger names another book`);
}

function verifyProof(asked: Asked, { err, out }: Surroundings): Promise<ExitCode> {
  const [file = ''] = takes('verify-proof', asked, ['<file>']);
  const read = eventProofSchema.safeParse(jsonIn(file));
  const fault = read.success ? eventProofFault(read.data, asked.keys) : 'it has not the form of a proof';
  const verified = fault === undefined;
  if (asked.json) out(`${JSON.stringify({ verified, finding: fault ?? null })}\n`);
  else if (read.success && verified) out(proofText(read.data));
  if (!verified) err(`${file} proves nothing: ${fault}\n`);
  return Promise.resolve(verified ? 0 : 1);
}

function proofText({ event, ledger, revision, size }: EventProof): string {
  return `Revision ${revision} of ${ledger} is among the ${size} events that were signed:\n${event}\n`;
}

function jsonIn(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw new WrongUse(`The proof cannot be read: ${(error as Error).message}`, { cause: error });
  }
}

async function consistency(asked: Asked, { err, out }: Surroundings): Promise<ExitCode> {
  const [from = 0, to = 0] = takes('consistency', asked, ['<from>', '<to>'], false).map(sizeOf);
  const ledger = asked.ledger ?? markets.it.ledger;
  return withStore<ExitCode>(asked.url(), async (store) => {
    const { size } = await newest(store, ledger);
    if (from > to || to > size) throw new WrongUse(`<from> is at most <to>, and <to> at most ${size}`);
    const hashes = await proveConsistency(store, ledger, from, to);
    const [fromRoot, toRoot] = await Promise.all([
      treeRoot(from, nodesOf(store, ledger, to)),
      treeRoot(to, nodesOf(store, ledger, to)),
    ]);
    const verified = verifyConsistency(from, to, fromRoot, toRoot, hashes);
    const [first, second] = [fromRoot, toRoot].map((root) => root.toString('base64'));
    const wire = { verified, ledger, from, to, fromRoot: first, toRoot: second };
    out(`${JSON.stringify({ ...wire, proof: hashes.map((hash) => hash.toString('base64')) }, null, 2)}\n`);
    if (!verified) err(`The tiles of ${ledger} do not fit each other: audit -- checkpoints says where\n`);
    return verified ? 0 : 1;
  });
}

function sizeOf(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new WrongUse(`"${text}" is not a number of events`);
}

async function cosign(asked: Asked, { err, out }: Surroundings): Promise<ExitCode> {
  const [witness = ''] = takes('cosign', asked, ['<url of a witness>']);
  if (!URL.canParse(witness)) throw new WrongUse(`"${witness}" is not the address of a witness`);
  const ledger = bookOf(asked);
  return withStore<ExitCode>(asked.url(), async (store) => {
    try {
      out(await cosignLatest(store, ledger, witness, asked.keys));
      return 0;
    } catch (error) {
      if (!(error instanceof NotCosigned)) throw error;
      err(`Not co-signed: ${error.message}\n`);
      return 1;
    }
  });
}

async function newest(store: EventStore, ledger: string): Promise<StoredCheckpoint> {
  const latest = await latestCheckpoint(store, ledger);
  if (latest === undefined) throw new WrongUse(`Nothing was signed of ${ledger} yet`);
  return latest;
}

/** The one book that is meant. */
function bookOf({ keys, ledger }: Asked): string {
  if (ledger !== undefined) return ledger;
  const [only, ...others] = booksOf(keys);
  if (only === undefined || others.length > 0) throw new WrongUse('Which book? Say --ledger <id>');
  return only;
}

/** The words after a command, as many as it takes. */
function takes(
  name: string,
  { keys, words }: Asked,
  wanted: readonly string[],
  signed = true,
): readonly string[] {
  const use = [name, ...wanted, ...(signed ? ['--key <public key>'] : [])].join(' ');
  if (words.length !== wanted.length || (signed && keys.length === 0)) throw new WrongUse(`Say ${use}`);
  return words;
}
