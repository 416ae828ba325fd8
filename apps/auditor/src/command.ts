import { commandLine, instantIn, WrongUse } from '@florin/configuration';
import { revisionAt, type Point } from '@florin/books';
import type { EventStore } from '@florin/event-store';
import type { parseArgs, ParseArgsOptionDescriptor } from 'node:util';
import { progressBar, type ProgressBar } from './progress.js';
import type { ExitCode, Surroundings } from './surroundings.js';

/** An option of a command, and what help says of it. */
export interface Option extends ParseArgsOptionDescriptor {
  /** What stands after it, such as `<file>`; nothing after a switch. */
  readonly takes?: string;
  readonly about: string;
}

export type Options = Readonly<Record<string, Option>>;

type ValuesOf<O extends Options> = ReturnType<
  typeof parseArgs<{ options: O; allowPositionals: true }>
>['values'];

/** What a command was asked on its command line. */
export interface Call<O extends Options = Options> extends Surroundings {
  /** What stands after the command's name and is no option. */
  readonly words: readonly string[];
  readonly values: ValuesOf<O>;
  /** Answer with JSON. */
  readonly json: boolean;
  /** The book is looked at as it was then; `undefined`: as it is. */
  readonly at: Point | undefined;
  /** Runs what takes long, under a bar where one can be drawn. */
  readonly watched: <T>(label: string, work: (show: Show) => Promise<T>, unit?: string) => Promise<T>;
}

/** Told how much is done; `undefined` where nobody looks. */
export type Show = ProgressBar['show'] | undefined;

/** What `--at` does to a command, or why it can mean nothing to it. */
export type AtMeaning = { readonly means: string } | { readonly never: string };

export interface Command {
  readonly name: string;
  /** How it is written: `balance <account>`. */
  readonly syntax: string;
  /** How many words stand after its name: at least, and at most. */
  readonly words: readonly [least: number, most: number];
  /** One line of the overview. */
  readonly about: string;
  /** Sentences of its help, one per line. */
  readonly details: readonly string[];
  readonly options: Options;
  readonly at: AtMeaning;
  /** Whether it may take long, so that a terminal shows how far it is. */
  readonly progress: boolean;
  /** Throws WrongUse with a sentence that helps. */
  readonly run: (call: Call) => Promise<ExitCode>;
}

/** A command whose `run` knows its options. */
export interface CommandOf<O extends Options> extends Omit<Command, 'run' | 'options'> {
  readonly options: O;
  readonly run: (call: Call<O>) => Promise<ExitCode>;
}

/** One row of the table of commands. */
export function command<const O extends Options>(definition: CommandOf<O>): Command {
  // Whoever runs it hands over what was parsed with these very options.
  return { ...definition, run: (call) => definition.run(call) };
}

/** What every command understands. */
export const commonOptions = {
  at: { type: 'string', takes: '<revision or time>', about: '' },
  json: { type: 'boolean', about: 'answer with one JSON object: docs/ledger.md' },
} as const satisfies Options;

/** Reads what stands after a command's name. Throws WrongUse. */
export function callOf(asked: Command, args: readonly string[], surroundings: Surroundings): Call {
  const options: Options = { ...asked.options, ...commonOptions };
  const { positionals: words, values } = commandLine(args, options);
  const [least, most] = asked.words;
  const extra = words[most];
  if (extra !== undefined) throw new WrongUse(`${asked.name} does not take "${extra}"`);
  if (words.length < least) throw new WrongUse(`Say ${asked.syntax}; help ${asked.name} says more`);
  const { at, json, ...own } = values as Record<string, unknown> & { at?: string; json?: boolean };
  if (at !== undefined && 'never' in asked.at) {
    throw new WrongUse(`${asked.name} takes no --at: ${asked.at.never}`);
  }
  const drawn = surroundings.terminal && json !== true;
  return {
    ...{ ...surroundings, words, values: own as Call['values'], json: json ?? false },
    at: at === undefined ? undefined : pointOf(at),
    watched: async (label, work, unit) => {
      if (!drawn) return work(undefined);
      const bar = progressBar(label, surroundings.err, unit);
      return work(bar.show).finally(() => bar.clear());
    },
  };
}

/** A revision, or an instant as RFC 3339 writes it. Throws WrongUse. */
export function pointOf(text: string): Point {
  if (/^\d{1,15}$/.test(text)) return { revision: BigInt(text) };
  const atMs = instantIn(text);
  if (atMs === undefined)
    throw new WrongUse(`--at is a revision or a time such as 2026-10-31T23:00:00Z, not "${text}"`);
  return { atMs };
}

/**
 * The last revision of a book that `--at` means; `undefined` without it, and where the store holds no event of the book, which is
 * to be found. Throws WrongUse where the book had none then.
 */
export async function revisionOfPoint(
  store: EventStore,
  ledger: string,
  at: Point | undefined,
): Promise<bigint | undefined> {
  if (at === undefined) return undefined;
  const revision = await revisionAt({ store, ledger }, at);
  if (revision >= 0n) return revision;
  if ((await revisionAt({ store, ledger }, { atMs: Number.MAX_SAFE_INTEGER })) < 0n) return undefined;
  throw new WrongUse(`${ledger} had no event yet at that time`);
}
