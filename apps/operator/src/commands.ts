import { instantIn, WrongUse } from '@florin/configuration';
import {
  accountIdSchema,
  assetFields,
  closeAccount,
  closePeriod,
  defineAsset,
  extendHold,
  freezeAccount,
  marketOfLedger,
  openAccountOnTerms,
  placeHold,
  postEntry,
  releaseHold,
  reverseEntry,
  unfreezeAccount,
  type EventDefinition,
} from '@florin/contracts';
import { supplyAccount } from '@florin/ledger';

/** Options that not every command takes. */
export const ownOptions = {
  class: { type: 'string' },
  chart: { type: 'string' },
  owner: { type: 'string' },
  floor: { type: 'string' },
  from: { type: 'string' },
  to: { type: 'string' },
  way: { type: 'string' },
  reason: { type: 'string' },
  effective: { type: 'string' },
  scale: { type: 'string' },
  issuer: { type: 'string' },
  reserve: { type: 'string' },
  backing: { type: 'string' },
  amount: { type: 'string' },
  currency: { type: 'string' },
  until: { type: 'string' },
} as const;

export type OwnOption = keyof typeof ownOptions;

/** What was written on the command line. */
export interface Words {
  /** What the command is about. */
  readonly subject: string;
  readonly ledger: string;
  /** The id that the outcome is recorded under. */
  readonly id: string;
  readonly reference: string;
  readonly options: Readonly<Partial<Record<OwnOption, string>>>;
}

export interface Command {
  readonly definition: EventDefinition;
  readonly options: readonly OwnOption[];
  /** The data of the command, which its contract checks. */
  readonly data: (words: Words) => object;
}

/** What an operator can ask of a book, by its name on the command line. */
export const commands: ReadonlyMap<string, Command> = new Map<string, Command>([
  [
    'open-account',
    {
      definition: openAccountOnTerms as EventDefinition,
      options: ['class', 'chart', 'currency', 'owner', 'floor'],
      data: ({ ledger, subject, options: { class: accountClass, chart, currency, owner, floor = '0' } }) => ({
        ...{ ledger, account: subject, owner: owner ?? null, class: accountClass, chart },
        ...(currency === undefined ? {} : { currency }),
        floor: floor === 'none' ? null : integer(floor),
      }),
    },
  ],
  [
    'freeze',
    {
      definition: freezeAccount as EventDefinition,
      options: ['way'],
      data: (words) => ({ ...asked(words), account: words.subject, frozen: words.options.way ?? 'both' }),
    },
  ],
  ['unfreeze', ofAccount(unfreezeAccount as EventDefinition)],
  ['close-account', ofAccount(closeAccount as EventDefinition)],
  [
    'reverse',
    {
      definition: reverseEntry as EventDefinition,
      options: ['reason', 'effective'],
      data: ({ ledger, id, reference, subject, options: { reason, effective } }) => ({
        ...{ ledger, entryId: id, reverses: subject, reference, metadata: { reason: reason ?? '' } },
        ...(effective === undefined ? {} : { effectiveAt: instant('--effective', effective) }),
      }),
    },
  ],
  [
    'close-period',
    {
      definition: closePeriod as EventDefinition,
      options: [],
      data: (words) => ({ ...asked(words), period: words.subject }),
    },
  ],
  [
    'define-asset',
    {
      definition: defineAsset as EventDefinition,
      options: ['scale', 'issuer', 'reserve', 'backing'],
      data: (words) => {
        const { scale, issuer, reserve, backing = '1' } = words.options;
        const terms = { scale: integer(scale), issuer, reserve, backing: integer(backing) };
        return { ...asked(words), code: words.subject, ...terms };
      },
    },
  ],
  ['fund-reserve', ofMovement('reserve', 'from', ({ subject, options: { from } }) => [from, subject])],
  ['draw-reserve', ofMovement('reserve', 'to', ({ subject, options: { to } }) => [subject, to])],
  ['issue', ofUnits('issue', 'to', (supply, { options: { to } }) => [supply, to])],
  ['redeem', ofUnits('redeem', 'from', (supply, { options: { from } }) => [from, supply])],
  [
    'hold',
    {
      definition: placeHold as EventDefinition,
      options: ['amount', 'currency', 'until'],
      data: ({ ledger, id, reference, subject, options }) => ({
        ...{ ledger, holdId: id, account: subject, reference, kind: 'order' },
        currency: options.currency ?? marketOfLedger(ledger)?.currency,
        ...{ amount: integer(options.amount), expiresAt: instant('--until', options.until) },
      }),
    },
  ],
  [
    'extend-hold',
    {
      definition: extendHold as EventDefinition,
      options: ['until'],
      data: (words) => ({
        ...{ ...asked(words), holdId: words.subject },
        expiresAt: instant('--until', words.options.until),
      }),
    },
  ],
  [
    'release',
    {
      definition: releaseHold as EventDefinition,
      options: [],
      data: (words) => ({ ...asked(words), holdId: words.subject }),
    },
  ],
]);

/** The option or word that a field of a command came from. */
export const wordOf: Readonly<Record<string, string>> = {
  account: 'the account',
  period: 'the month',
  reverses: 'the id of the entry',
  code: 'the code of the asset',
  holdId: 'the id of the hold',
  frozen: '--way',
  effectiveAt: '--effective',
  expiresAt: '--until',
  metadata: '--reason',
};

function ofAccount(definition: EventDefinition): Command {
  return { definition, options: [], data: (words) => ({ ...asked(words), account: words.subject }) };
}

/** The account that money leaves, which is debited, and the one that it gets to: both are liabilities of ours, or it is refused. */
type Sides = readonly [debited: string | undefined, credited: string | undefined];

/** An entry of two accounts in the currency of the book. */
function ofMovement(kind: string, option: 'from' | 'to', sidesOf: (words: Words) => Sides): Command {
  return {
    definition: postEntry as EventDefinition,
    options: [option, 'amount'],
    data: (words) =>
      entry(words, { kind, currency: marketOfLedger(words.ledger)?.currency, sides: sidesOf(words) }),
  };
}

/** An entry that has units of the asset that the command is about come into being or end. */
function ofUnits(
  kind: string,
  option: 'from' | 'to',
  sidesOf: (supply: string, words: Words) => Sides,
): Command {
  return {
    definition: postEntry as EventDefinition,
    options: [option, 'amount'],
    data: (words) => {
      const { subject: code } = words;
      if (!assetFields.code.safeParse(code).success)
        throw new WrongUse(`"${code}" is not the code of an asset`);
      return entry(words, { kind, currency: code, sides: sidesOf(supplyAccount(code), words) });
    },
  };
}

function entry(
  { ledger, id, reference, options }: Words,
  { kind, currency, sides }: { kind: string; currency: string | undefined; sides: Sides },
): object {
  const amount = integer(options.amount);
  if (amount === undefined || amount < 1)
    throw new WrongUse('--amount: a whole number of minor units above 0');
  const wrong = sides.find((account) => !accountIdSchema.safeParse(account).success);
  if (wrong !== undefined || sides.includes(undefined)) {
    throw new WrongUse(`${wrong ?? 'nothing'} is not an account such as reserve:caffe: give --from or --to`);
  }
  const [debited, credited] = sides;
  const postings = [
    { account: debited, amount },
    { account: credited, amount: -amount },
  ];
  return { ledger, entryId: id, kind, currency, postings, reference };
}

function asked({ ledger, id, reference }: Words) {
  return { ledger, commandId: id, reference };
}

function integer(text: string | undefined): number | undefined {
  return text !== undefined && /^-?\d{1,16}$/.test(text) ? Number(text) : undefined;
}

/** As the contracts have times. Throws WrongUse for what is none. */
function instant(option: '--until' | '--effective', text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const ms = instantIn(text);
  if (ms === undefined)
    throw new WrongUse(`${option} takes a time such as 2026-11-30T18:00:00Z, not "${text}"`);
  return new Date(ms).toISOString();
}
