import { accountAt, accountHistory, bookAt } from '@florin/books';
import { trialBalance, type LedgerState } from '@florin/ledger';
import type { EventStore } from '@florin/event-store';
import type { VerifierKey } from '@florin/proofs';
import {
  balanceAnswer,
  entriesAnswer,
  reserves,
  trialBalanceAnswer,
  type Answer,
  type Format,
  type QuestionName,
} from './questions.js';

/** What is asked of a book at a revision, by somebody who believes the snapshots that a key has signed. */
export interface PastQuestion {
  readonly store: EventStore;
  readonly ledger: string;
  readonly revision: bigint;
  readonly keys: readonly VerifierKey[];
  readonly format: Format;
  /** An account, or the code of an asset. */
  readonly subject: string;
  /** Told why no snapshot could be used. */
  readonly onFallback: (reason: Error) => void;
}

type Ask = (question: PastQuestion) => Promise<Answer | undefined>;

/** The commands that need not read all of a book; `undefined` answers for what the book did not know then. */
export const pastQuestions: Partial<Record<QuestionName, Ask>> = {
  async balance(question) {
    const { format, revision, subject } = question;
    const found = await accountAt(question, subject, revision);
    return found && balanceAnswer(subject, found.balance, revision, format);
  },
  async entries(question) {
    const { format, revision, subject } = question;
    const found = await accountHistory(question, subject, -1n, revision);
    const lines = found?.entries.map(({ revision: at, entry, change, balance }) => ({
      ...{ revision: Number(at), entryId: entry.entryId, kind: entry.kind, reference: entry.reference },
      ...{ recordedAt: new Date(entry.recordedAt).toISOString(), change, balance },
    }));
    return lines && entriesAnswer(subject, lines, format);
  },
  async 'trial-balance'(question) {
    const state = await stateAt(question);
    return trialBalanceAnswer(question.ledger, trialBalance(state), question.revision, question.format);
  },
  async reserves(question) {
    return reserves(await stateAt(question), question.subject, question.revision);
  },
};

async function stateAt(question: PastQuestion): Promise<LedgerState> {
  const { state, finding } = await bookAt(question, question.revision);
  if (finding !== undefined) throw new BookWrong(finding.revision, finding.code, finding.detail);
  return state;
}

/** An event after the snapshot is not what the chain or the rules allow. */
export class BookWrong extends Error {
  override readonly name = 'BookWrong';

  constructor(
    readonly revision: bigint,
    readonly code: string,
    readonly detail: string,
  ) {
    super(detail);
  }
}
