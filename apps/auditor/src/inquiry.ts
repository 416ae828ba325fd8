import { WrongUse } from '@florin/configuration';
import { markets } from '@florin/contracts';
import type { ChainHead } from '@florin/ledger';
import type { VerifierKey } from '@florin/proofs';
import { keyOf, keyOption, ledgerOf, ledgerOption, urlOf, urlOption } from './arguments.js';
import type { Call } from './command.js';
import type { QuestionName } from './questions.js';

/** A question to a book, or to every one that the event store holds, as the command line put it. */
export interface Inquiry {
  readonly question: QuestionName;
  /** An account for `balance` and `entries`, the code of an asset for `reserves`; else empty. */
  readonly subject: string;
  /** The book that is read; `undefined`: every one that the event store holds. */
  readonly ledger: string | undefined;
  /** EventStoreDB connection string. */
  readonly url: string;
  readonly knownHeads: readonly KnownHead[];
  /** Snapshots that one of these has signed are believed, so that not all of the book has to be read. */
  readonly keys: readonly VerifierKey[];
  readonly call: Pick<Call, 'at' | 'err' | 'json' | 'out' | 'watched'>;
}

/** A head that was noted earlier: the chain of its book must pass through it. */
export interface KnownHead extends ChainHead {
  /** `undefined` where one book alone is read: it is that one's. */
  readonly ledger: string | undefined;
}

const headOption = {
  type: 'string',
  multiple: true,
  takes: '[<id>:]<revision>:<hash>',
  about: 'a head noted earlier, once per book: its chain must still pass through it',
} as const;

/** What a question takes. */
export type InquiryOptions = ReturnType<typeof inquiryOptions>;

/** Options of a question, with what is said of two of them. */
export function inquiryOptions(about: { readonly ledger: string; readonly key: string }) {
  return {
    ledger: { ...ledgerOption, about: `${ledgerOption.about}; ${about.ledger}` },
    ...{ url: urlOption, head: headOption, key: { ...keyOption, about: about.key } },
  } as const;
}

/** Questions that are answered by a reading of all of a book. */
const wholeBook: readonly QuestionName[] = ['verify', 'replay'];

/** Reads what a question was asked with. Throws WrongUse. */
export function inquiryOf(question: QuestionName, call: Call<InquiryOptions>): Inquiry {
  const { env, values, words } = call;
  const [subject] = words;
  // What is asked of one account is asked of one book.
  const ledger = ledgerOf(values.ledger ?? (subject === undefined ? undefined : markets.it.ledger));
  const knownHeads = (values.head ?? []).map((text) => headOf(text, ledger));
  if (values.key !== undefined && wholeBook.includes(question)) {
    throw new WrongUse(`${question} reads all of a book: it believes no snapshot, so it takes no --key`);
  }
  if (call.at !== undefined && knownHeads.length > 0) {
    throw new WrongUse('--at and --head do not go together');
  }
  return {
    ...{ question, subject: subject ?? '', ledger, knownHeads, call },
    url: urlOf(values.url, env),
    keys: (values.key ?? []).map(keyOf),
  };
}

function headOf(text: string, only: string | undefined): KnownHead {
  const [, named, revision, hash] = /^(?:([^:]+):)?(\d{1,15}):([0-9a-f]{64})$/.exec(text) ?? [];
  if (revision === undefined || hash === undefined) {
    throw new WrongUse('--head is [<ledger>:]<revision>:<hash>, as an earlier verify printed it');
  }
  const ledger = ledgerOf(named) ?? only;
  if (only !== undefined && ledger !== only) {
    throw new WrongUse(`--head is one of ${ledger}, but only ${only} is read`);
  }
  return { ledger, revision: BigInt(revision), hash };
}
