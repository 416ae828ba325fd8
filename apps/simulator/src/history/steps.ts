import type { Command, ReverseEntry } from '../model/commands.js';

/** Where a command stands in a history: a reversal names its entry alone, and `off` by how much the revision is wrong. */
export type Order =
  | Exclude<Command, ReverseEntry>
  | (Omit<ReverseEntry, 'reverses'> & { readonly reverses: string; readonly off?: number });

/**
 * What becomes of an append: it is done and acknowledged; it does not happen; it happens, but the acknowledgement is lost; it
 * happens later, when nobody waits for it any more; or the process dies before or after it.
 */
export const fates = ['done', 'lost', 'unacknowledged', 'late', 'crash-before', 'crash-after'] as const;
export type Fate = (typeof fates)[number];

/** One of the processes that may write the book. Only one should; another may wake up with what it knew. */
export const writers = [0, 1] as const;
export type WriterNo = (typeof writers)[number];

/** Commands that come at once; `fates` of the appends that they lead to, the rest are done. With `all`, all or nothing. */
export interface Send {
  readonly do: 'send';
  readonly to: WriterNo;
  readonly orders: readonly Order[];
  readonly all?: true;
  readonly fates?: readonly Fate[];
}

/** One thing that happens. A history is a list of them, and says everything: it can be run again, whole or in part. */
export type Step =
  | { readonly do: 'clock'; readonly byMs: number }
  | Send
  /** Somebody looks at the book as a writer has it in memory. */
  | { readonly do: 'look'; readonly writer: WriterNo }
  /** Appends of a writer are under way from now on, until they are let go. */
  | { readonly do: 'hold'; readonly writer: WriterNo }
  | { readonly do: 'let-go'; readonly writer: WriterNo; readonly fates?: readonly Fate[] }
  /** A writer's process ends, with what it knew, and another begins. */
  | { readonly do: 'restart'; readonly writer: WriterNo }
  /** Appends that are late arrive. */
  | { readonly do: 'arrive' }
  /** The keeper of snapshots takes in what is new. */
  | { readonly do: 'keep'; readonly fates?: readonly Fate[] };

/** A history, and how the snapshots of its book are made. */
export interface History {
  readonly seed: number;
  /** Events of a segment: a snapshot stands at the end of each. */
  readonly segmentEvents: number;
  readonly steps: readonly Step[];
}

/** A history as JSON, one step a line; amounts as texts such as "12n". */
export function formatHistory({ steps, ...about }: History): string {
  const lines = steps.map((step) => `  ${JSON.stringify(step, bigintsAsTexts)}`);
  return `${JSON.stringify(about).slice(0, -1)},"steps":[\n${lines.join(',\n')}\n]}\n`;
}

/** Reads what `formatHistory` wrote. Throws a SyntaxError or a TypeError for anything else. */
export function parseHistory(text: string): History {
  const history = JSON.parse(text, textsAsBigints) as Partial<History>;
  const { seed, segmentEvents, steps } = history;
  if (!Number.isSafeInteger(seed) || !Number.isSafeInteger(segmentEvents) || !Array.isArray(steps)) {
    throw new TypeError('this is no history: it has a seed, segmentEvents and steps');
  }
  return history as History;
}

function bigintsAsTexts(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? `${value}n` : value;
}

function textsAsBigints(_key: string, value: unknown): unknown {
  return typeof value === 'string' && /^-?\d+n$/.test(value) ? BigInt(value.slice(0, -1)) : value;
}

/** How many commands a history sends. */
export function commandsIn(steps: readonly Step[]): number {
  return steps.reduce((sum, step) => sum + (step.do === 'send' ? step.orders.length : 0), 0);
}
