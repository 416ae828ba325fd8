import { command, type AtMeaning, type Command } from './command.js';
import { examine } from './examine.js';
import { inquiryOf, inquiryOptions, type InquiryOptions } from './inquiry.js';
import type { QuestionName } from './questions.js';

const at: AtMeaning = { means: 'the book as it was after a revision, or at an instant' };

const every = 'every book without it';
const noKey = 'none: it reads all of a book, and believes no snapshot';
const believe = 'believe snapshots that this key has signed, and read only what came after';

const all = inquiryOptions({ ledger: every, key: noKey });
const believing = inquiryOptions({ ledger: every, key: believe });
const one = inquiryOptions({ ledger: 'else it-eur', key: believe });

/** The commands that ask a question. */
export const inquiries: readonly Command[] = [
  inquiry('verify', {
    about: 'check the chain, every entry, floors and ids',
    details: [
      'Reads every book from its first event and names the first revision that is wrong, and what was expected there.',
      'Note the heads that it prints, and give them to a later run: events cut off at the end are found by them alone.',
    ],
    options: all,
  }),
  inquiry('replay', {
    about: 'rebuild every book and list every balance',
    details: [
      'Reads every book from its first event, verifies it, and lists the accounts with what they hold.',
    ],
    options: all,
  }),
  inquiry('trial-balance', {
    about: 'debits and credits per class and chart number',
    details: [
      'Verifies what it reads. The difference of debits and credits is zero in a book that is right.',
    ],
    options: believing,
  }),
  inquiry('balance', {
    syntax: 'balance <account>',
    about: 'what an account holds, such as wallet:<person id>',
    details: ['Verifies what it reads. Ids of people are in what replay prints.'],
    options: one,
  }),
  inquiry('entries', {
    syntax: 'entries <account>',
    about: 'every entry of an account, and the running balance',
    details: [
      'Verifies what it reads: with --key, all of each span of 4,096 events that touched the account, and what came after the last.',
    ],
    options: one,
  }),
  inquiry('reserves', {
    syntax: 'reserves <asset>',
    about: 'what was issued of an asset, and what covers it',
    details: ['Verifies what it reads.'],
    options: one,
  }),
];

function inquiry(
  name: QuestionName,
  {
    options,
    syntax = name,
    ...words
  }: { syntax?: string; about: string; details: readonly string[]; options: InquiryOptions },
): Command {
  const subjects = syntax === name ? 0 : 1;
  return command({
    ...{ name, syntax, ...words, options, at, words: [subjects, subjects], progress: true },
    run: (call) => examine(inquiryOf(name, call)),
  });
}
