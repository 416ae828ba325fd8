import {
  eventProof,
  eventProofFault,
  eventProofSchema,
  headToProve,
  nodesOf,
  NotCosigned,
  proveConsistency,
  type EventProof,
} from '@florin/books';
import { WrongUse } from '@florin/configuration';
import { ledgerStream, markets } from '@florin/contracts';
import { headOf, type EventStore } from '@florin/event-store';
import { decodeRecord, outcomeId } from '@florin/ledger';
import { Malformed, NoteUnverified, treeRoot, verifyConsistency, type VerifierKey } from '@florin/proofs';
import { keyOf, keyOption, ledgerOf, ledgerOption, urlOf, urlOption, witnessOptions } from './arguments.js';
import { command, type Call, type Command, type Show } from './command.js';
import { cosignLatest, demandFault, demandOf, type Demand } from './cosign.js';
import { bookOf, signedHead } from './proof-subject.js';
import { withStore } from './store.js';
import type { ExitCode } from './surroundings.js';
import { proofIn } from './inputs.js';

const bookOption = { ...ledgerOption, about: `${ledgerOption.about}; that of the key without it` } as const;
const storeOptions = { key: keyOption, ledger: bookOption, url: urlOption } as const;
const fileOptions = { key: keyOption, ...witnessOptions } as const;
const sizeOptions = {
  ledger: { ...ledgerOption, about: `${ledgerOption.about}; else it-eur` },
  url: urlOption,
} as const;

const cosignOptions = {
  ...storeOptions,
  key: { ...keyOption, about: 'a key of the book, and that of the witness' },
} as const;

/** The commands about proofs of one event, and of one history. */
export const proofCommands: readonly Command[] = [
  command({
    name: 'proof',
    syntax: 'proof <revision or id> --key <public key>',
    words: [1, 1],
    about: 'that an event is in its book as it was signed',
    details: [
      'Writes a file that anybody checks with the public key alone: verify-proof.',
      'An id, of an entry or a command, is looked for in the whole log; a revision takes a few reads.',
    ],
    options: storeOptions,
    at: { means: 'prove it in the newest signed head of the book as it was then' },
    progress: true,
    run: proof,
  }),
  command({
    name: 'verify-proof',
    syntax: 'verify-proof <file> --key <public key>',
    words: [1, 1],
    about: 'check such a proof, offline',
    details: [
      'Needs no event store, and believes no key but those that are given.',
      'With --witness-key the signed head must have been co-signed, too.',
    ],
    options: fileOptions,
    at: { never: 'the file says which signed head it leads to' },
    progress: false,
    run: verifyProof,
  }),
  command({
    name: 'consistency',
    syntax: 'consistency <from> [<to>]',
    words: [1, 2],
    about: 'that the first <from> events begin the first <to>',
    details: ['Both are numbers of events; <to> is that of the newest signed head unless told.'],
    options: sizeOptions,
    at: { means: 'in place of <to>: the newest signed head of the book as it was then' },
    progress: false,
    run: consistency,
  }),
  command({
    name: 'cosign',
    syntax: 'cosign <url> --key <of the book> --key <of the witness>',
    words: [1, 1],
    about: 'have a witness co-sign the newest head',
    details: [
      'Prints the signed head with the line of the witness, and those that are stored.',
      'The wallet has the witnesses of WITNESSES sign each head by itself.',
    ],
    options: cosignOptions,
    at: { never: 'a witness signs what is newer than all that it has signed' },
    progress: false,
    run: cosign,
  }),
];

async function proof(call: Call<typeof storeOptions>): Promise<ExitCode> {
  const [which = ''] = call.words;
  const keys = keysOf(call, 'proof <revision or id>');
  const ledger = bookOf(ledgerOf(call.values.ledger), keys);
  return withStore<ExitCode>(urlOf(call.values.url, call.env), async (store) => {
    const newest = await signedHead(store, ledger, call.at);
    const revision = /^\d{1,15}$/.test(which)
      ? Number(which)
      : await call.watched(`Reading ${ledger}`, (show) => revisionOf(store, ledger, which, show));
    if (revision >= newest.size) {
      throw new WrongUse(
        `Revision ${revision} is not covered yet; the last checkpoint covers ${newest.size}`,
      );
    }
    // One that witnesses have signed, too, is worth more than the very newest.
    const head = call.at === undefined ? await headToProve(store, ledger, revision) : undefined;
    tell(call, await eventProof(store, ledger, revision, head ?? newest, keys));
    return 0;
  });
}

/** An answer that is JSON in any case: for people with lines, for programs on one. */
function tell({ json, out }: Pick<Call, 'json' | 'out'>, answer: object): void {
  out(`${JSON.stringify(answer, null, json ? undefined : 2)}\n`);
}

/** Looks through the whole log: no index is needed beside the event store. */
async function revisionOf(store: EventStore, ledger: string, id: string, show: Show): Promise<number> {
  const total = Number(await headOf(store, ledgerStream(ledger))) + 1;
  for await (const page of store.read(ledgerStream(ledger))) {
    const found = page.find((record) => outcomeId(decodeRecord(record)) === id);
    show?.(Number(page.at(-1)?.revision ?? 0n) + 1, total);
    if (found !== undefined) return Number(found.revision);
  }
  throw new WrongUse(`${id} is no entry of ${ledger}; --ledger names another book`);
}

function verifyProof(call: Call<typeof fileOptions>): Promise<ExitCode> {
  const [file = ''] = call.words;
  const keys = keysOf(call, 'verify-proof <file>');
  const read = eventProofSchema.safeParse(proofIn(file));
  const demand = demandOf(call.values);
  const fault = read.success
    ? (eventProofFault(read.data, keys) ?? witnessFault(read.data, demand))
    : 'it has not the form of a proof';
  const verified = fault === undefined;
  if (call.json) call.out(`${JSON.stringify({ verified, finding: fault ?? null })}\n`);
  else if (read.success && verified) call.out(proofText(read.data));
  if (!verified) call.err(`${file} proves nothing: ${fault}\n`);
  return Promise.resolve(verified ? 0 : 1);
}

function witnessFault({ checkpoint }: EventProof, demand: Demand | undefined): string | undefined {
  if (demand === undefined) return undefined;
  try {
    return demandFault(checkpoint, demand);
  } catch (error) {
    if (error instanceof NoteUnverified || error instanceof Malformed) return error.message;
    throw error;
  }
}

function proofText({ event, ledger, revision, size }: EventProof): string {
  return `Revision ${revision} of ${ledger} is among the ${size} events that were signed:\n${event}\n`;
}

async function consistency(call: Call<typeof sizeOptions>): Promise<ExitCode> {
  const { at, env, err, values } = call;
  const [from = 0, end] = call.words.map(sizeOf);
  if (end !== undefined && at !== undefined) throw new WrongUse('Say <to> or --at, not both');
  const ledger = ledgerOf(values.ledger) ?? markets.it.ledger;
  return withStore<ExitCode>(urlOf(values.url, env), async (store) => {
    const { size } = await signedHead(store, ledger, at);
    const to = end ?? size;
    if (from > to || to > size) throw new WrongUse(`<from> is at most <to>, and <to> at most ${size}`);
    const hashes = await proveConsistency(store, ledger, from, to);
    const [fromRoot, toRoot] = await Promise.all([
      treeRoot(from, nodesOf(store, ledger, to)),
      treeRoot(to, nodesOf(store, ledger, to)),
    ]);
    const verified = verifyConsistency(from, to, fromRoot, toRoot, hashes);
    const [first, second] = [fromRoot, toRoot].map((root) => root.toString('base64'));
    const wire = { verified, ledger, from, to, fromRoot: first, toRoot: second };
    tell(call, { ...wire, proof: hashes.map((hash) => hash.toString('base64')) });
    if (!verified) err(`The tiles of ${ledger} do not fit each other: audit -- checkpoints says where\n`);
    return verified ? 0 : 1;
  });
}

function sizeOf(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new WrongUse(`"${text}" is not a number of events`);
}

async function cosign(call: Call<typeof cosignOptions>): Promise<ExitCode> {
  const { env, err, json, out, values } = call;
  const [witness = ''] = call.words;
  const keys = keysOf(call, 'cosign <url of a witness>');
  if (!URL.canParse(witness)) throw new WrongUse(`"${witness}" is not the address of a witness`);
  const ledger = bookOf(ledgerOf(values.ledger), keys);
  return withStore<ExitCode>(urlOf(values.url, env), async (store) => {
    try {
      const note = await cosignLatest(store, ledger, witness, keys);
      out(json ? `${JSON.stringify({ ledger, note, finding: null })}\n` : note);
      return 0;
    } catch (error) {
      if (!(error instanceof NotCosigned)) throw error;
      if (json) out(`${JSON.stringify({ ledger, note: null, finding: error.message })}\n`);
      err(`Not co-signed: ${error.message}\n`);
      return 1;
    }
  });
}

/** The keys that a command cannot do without. Throws WrongUse. */
function keysOf(
  { values }: { readonly values: { readonly key?: string[] | undefined } },
  use: string,
): VerifierKey[] {
  if (values.key === undefined) throw new WrongUse(`Say ${use} --key <public key>`);
  return values.key.map(keyOf);
}
