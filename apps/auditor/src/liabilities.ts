import {
  checkLiability,
  liabilitiesOf,
  liabilitiesTree,
  liabilityDocumentSchema,
  openCheckpoint,
  readCheckpoints,
  type OpenedCheckpoint,
  type StoredCheckpoint,
} from '@florin/books';
import { WrongUse } from '@florin/configuration';
import { marketOfLedger, type Market } from '@florin/contracts';
import type { EventStore } from '@florin/event-store';
import { Malformed, NoteUnverified, type LiabilitiesHead, type VerifierKey } from '@florin/proofs';
import { keyOf, keyOption, ledgerOf, ledgerOption, urlOf, urlOption } from './arguments.js';
import { audit, type Audit } from './audit.js';
import { command, type Call, type Command } from './command.js';
import { bookOf, signedHead } from './proof-subject.js';
import { formatIn } from './questions.js';
import { withStore } from './store.js';
import type { ExitCode } from './surroundings.js';
import { proofIn, textIn } from './inputs.js';

const options = {
  key: keyOption,
  ledger: { ...ledgerOption, about: `${ledgerOption.about}; that of the key without it` },
  'secret-file': {
    type: 'string',
    takes: '<file>',
    about: "with the wallet's LIABILITIES_SECRET: the root is made again, too",
  },
  url: urlOption,
} as const;

const liabilitiesCommand = command({
  name: 'liabilities',
  syntax: 'liabilities --key <public key>',
  words: [0, 0],
  about: 'hold what is signed as owed against the book',
  details: [
    'Takes the newest signed head that says what is owed to users, reads the book up to it from its first event,',
    'and adds up every account of the class liability that has an owner. The root takes the secret of the platform.',
  ],
  options,
  at: { means: 'the newest such head of the book as it was then' },
  progress: true,
  run: liabilities,
});

const fileOptions = { key: keyOption } as const;

const verifyLiabilityCommand = command({
  name: 'verify-liability',
  syntax: 'verify-liability <file> --key <public key>',
  words: [1, 1],
  about: 'check the proof of what is owed to one, offline',
  details: [
    'The file is what its owner was answered by GET /v1/ledgers/<id>/liabilities/proof.',
    'Needs no event store, and believes no key but those that are given.',
  ],
  options: fileOptions,
  at: { never: 'the file says which signed head it leads to' },
  progress: false,
  run: verifyLiability,
});

/** The commands about what is owed to users. */
export const liabilityCommands: readonly Command[] = [liabilitiesCommand, verifyLiabilityCommand];

interface Finding {
  readonly code:
    | 'liabilities_missing'
    | 'checkpoint_invalid'
    | 'ledger_damaged'
    | 'chain_differs'
    | 'liabilities_differ'
    | 'root_differs';
  readonly detail: string;
}

interface Said {
  readonly number: number;
  readonly opened: OpenedCheckpoint;
  readonly owed: LiabilitiesHead;
}

async function liabilities(call: Call<typeof options>): Promise<ExitCode> {
  const { at, env, err, json, out, values, watched } = call;
  if (values.key === undefined) throw new WrongUse('Say liabilities --key <public key>');
  const keys = values.key.map(keyOf);
  const ledger = bookOf(ledgerOf(values.ledger), keys);
  const secret = secretIn(values['secret-file']);
  const { currency } = marketOfLedger(ledger) as Market;
  return withStore<ExitCode>(urlOf(values.url, env), async (store) => {
    const said = await newestSaying(store, ledger, keys, await signedHead(store, ledger, at));
    let finding = 'code' in said ? said : undefined;
    if (!('code' in said)) {
      const upTo = BigInt(said.opened.size) - 1n;
      const read = await watched(`Reading ${ledger}`, (onProgress) =>
        audit(store, ledger, { currency, upTo, onProgress }),
      );
      finding = await findingOf(said, read, secret);
    }
    const answer = 'code' in said ? undefined : answerOf(said, secret !== undefined);
    const verified = finding === undefined;
    if (json) out(`${JSON.stringify({ verified, ledger, currency, ...answer, finding: finding ?? null })}\n`);
    else if (!('code' in said)) out(textOf(ledger, said, verified, secret !== undefined));
    if (finding !== undefined)
      err(`What is signed as owed by ${ledger} is wrong (${finding.code}): ${finding.detail}\n`);
    return verified ? 0 : 1;
  });
}

const PAGE = 256;

/** The newest checkpoint, up to `last`, that says what is owed; where it says so of itself is not believed. */
async function newestSaying(
  store: EventStore,
  ledger: string,
  keys: readonly VerifierKey[],
  last: StoredCheckpoint,
): Promise<Said | Finding> {
  for (let before = last.number + 1; before > 0; before -= PAGE) {
    for (const { note, number } of await readCheckpoints(store, ledger, { before, limit: PAGE })) {
      const opened = openedBy(note, ledger, keys);
      if (typeof opened === 'string')
        return { code: 'checkpoint_invalid', detail: `checkpoint ${number}: ${opened}` };
      const { liabilities: owed } = opened.head;
      if (owed !== undefined) return { number, opened, owed };
    }
  }
  return { code: 'liabilities_missing', detail: 'no checkpoint says what is owed' };
}

function openedBy(note: string, ledger: string, keys: readonly VerifierKey[]): OpenedCheckpoint | string {
  try {
    return openCheckpoint(note, ledger, keys);
  } catch (error) {
    if (error instanceof Malformed || error instanceof NoteUnverified) return error.message;
    throw error;
  }
}

async function findingOf(
  { opened, owed }: Said,
  { finding, head, state }: Audit,
  secret: string | undefined,
): Promise<Finding | undefined> {
  if (finding !== undefined) {
    return { code: 'ledger_damaged', detail: `revision ${finding.revision}: ${finding.detail}` };
  }
  if (head.hash !== opened.head.chain) {
    return { code: 'chain_differs', detail: `its chain hash is ${opened.head.chain}, expected ${head.hash}` };
  }
  const balances = [...liabilitiesOf(state)].map(({ balance }) => balance);
  const total = balances.reduce((sum, balance) => sum + balance, 0n);
  if (total !== owed.total || balances.length !== owed.count) {
    const detail = `it says that ${owed.total} is owed to ${owed.count} accounts, expected ${total} to ${balances.length} accounts`;
    return { code: 'liabilities_differ', detail };
  }
  if (secret === undefined) return undefined;
  const tree = await liabilitiesTree(state, secret);
  if (tree.head.root.equals(owed.root)) return undefined;
  const [found, expected] = [owed.root, tree.head.root].map((root) => root.toString('base64'));
  return { code: 'root_differs', detail: `its root is ${found}, expected ${expected} with this secret` };
}

function answerOf({ number, opened, owed }: Said, rootMade: boolean): object {
  return {
    ...{ checkpoint: number, size: opened.size, time: new Date(opened.head.timeMs).toISOString() },
    ...{ total: String(owed.total), accounts: owed.count, root: owed.root.toString('base64'), rootMade },
  };
}

function textOf(
  ledger: string,
  { number, opened, owed }: Said,
  verified: boolean,
  rootMade: boolean,
): string {
  const format = formatIn(marketOfLedger(ledger) as Market);
  const root = rootMade ? '' : ', not made again: that takes --secret-file';
  return (
    `${ledger}: ${verified ? 'verified' : 'NOT verified'}\n` +
    `  owed        ${format(owed.total)} to ${owed.count} accounts\n` +
    `  checkpoint  ${number}, of ${opened.size} events, at ${new Date(opened.head.timeMs).toISOString()}\n` +
    `  root        ${owed.root.toString('base64')}${root}\n`
  );
}

function verifyLiability(call: Call<typeof fileOptions>): Promise<ExitCode> {
  const { err, json, out, values, words } = call;
  const [file = ''] = words;
  if (values.key === undefined) throw new WrongUse('Say verify-liability <file> --key <public key>');
  const read = liabilityDocumentSchema.safeParse(proofIn(file));
  const said = read.success
    ? checkLiability(read.data, values.key.map(keyOf))
    : 'it has not the form of a proof of what is owed';
  const fault = typeof said === 'string' ? said : undefined;
  if (json) out(`${JSON.stringify({ verified: fault === undefined, finding: fault ?? null })}\n`);
  else if (read.success && typeof said !== 'string') {
    const { ledger, proof, size } = read.data;
    const format = formatIn(marketOfLedger(ledger) as Market);
    out(
      `${format(BigInt(proof.balance))} are owed on ${proof.account}, after ${size} events of ${ledger}:\n` +
        `they are in the ${format(said.total)} that were signed as owed to ${said.count} accounts\n`,
    );
  }
  if (fault !== undefined) err(`${file} proves nothing: ${fault}\n`);
  return Promise.resolve(fault === undefined ? 0 : 1);
}

function secretIn(file: string | undefined): string | undefined {
  return file === undefined ? undefined : textIn(file, '--secret-file').trim();
}
