import { isDeepStrictEqual } from 'node:util';
import { ledgerStream } from '@florin/contracts';
import type { ExpectedRevision, NewEvent } from '@florin/event-store';
import type { Decision, PostEntry } from '@florin/ledger';
import type { Order, WriterNo } from '../history/steps.js';
import { answer, answerAll, type Answer } from '../model/answer.js';
import { Book, type Fact } from '../model/book.js';
import type { Command } from '../model/commands.js';
import { compareBooks, compareGlimpse, glimpse } from './compare.js';
import { Connection, type Append } from './connection.js';
import type { Disk } from './disk.js';
import { Divergence } from './divergence.js';
import { LedgerWriter } from './product.js';

/** A command on its way. */
export interface Sent {
  readonly order: Order;
  readonly command: Command;
  /** What the log has at the revision that a reversal names, when it is sent. */
  readonly original: Fact | undefined;
  state: 'waiting' | 'answered' | 'unknown';
  /** What the model says, as soon as the writer has decided. */
  answer?: Answer;
  /** The append that its outcome is part of. */
  batch?: Batch;
  /** The accounts that it names, as the writer had them right after its decision. */
  seen?: ReturnType<typeof glimpse>;
}

/** What waits for its turn at the writer: commands, each for itself or all or nothing; or, with none, a look at the book. */
interface Request {
  readonly sents: readonly Sent[];
  readonly all: boolean;
}

interface Decided {
  readonly request: Request;
  readonly atMs: number;
}

/** What an append says, by the model. */
export interface Batch {
  readonly base: number;
  readonly facts: readonly Fact[];
  landed: boolean;
}

export interface World {
  readonly ledger: string;
  readonly currency: string;
  readonly disk: Disk;
  /** All that is in the log, in the model's own words. */
  readonly truth: Book;
  readonly nowMs: () => number;
  readonly onLanded: (append: Append, isNew: boolean) => void;
  readonly onLate: (append: Append) => void;
  readonly onCrash: (instance: Instance) => void;
  readonly onDivergence: (divergence: Divergence) => void;
}

/**
 * One process with a writer of the book, and the model beside it. The model's view is what this process may know: the log as it
 * was when it read it, and what it decided since. It is held against each of its decisions, however old the view is.
 */
export class Instance {
  readonly connection: Connection;
  readonly writer: LedgerWriter;
  /** What the writer has not decided yet, in the order in which it took it. */
  readonly #queue: Request[] = [];
  /** What it has decided, and no append or answer has shown how. */
  #decided: Decided[] = [];
  #view: Book;

  constructor(
    readonly no: WriterNo,
    private readonly world: World,
  ) {
    const { ledger, currency, disk, onLanded, onLate } = world;
    this.#view = new Book(ledger, currency);
    this.connection = new Connection(disk, {
      onRead: (stream, length) => this.#read(stream, length),
      onAppend: (_stream, events, expected) => this.#append(events, expected),
      ...{ onLanded, onLate, onCrash: () => world.onCrash(this) },
    });
    this.writer = new LedgerWriter({
      ...{ ledger, currency, store: this.connection, nowMs: () => this.#decide() },
      snapshots: { onFallback: (reason) => this.#diverge('a snapshot cannot be used', 'usable', reason) },
    });
  }

  submit(sent: Sent): Promise<Decision> {
    this.#queue.push({ sents: [sent], all: false });
    return this.writer.decide(sent.command, (decision, state) => {
      sent.seen = glimpse(state, sent.command);
      return decision;
    });
  }

  /** All or nothing. */
  async submitAll(
    sents: readonly Sent[],
  ): Promise<{ readonly taken: boolean; readonly decisions: Decision[] }> {
    this.#queue.push({ sents, all: true });
    const commands = sents.map(({ command }) => command as PostEntry);
    let at = 0;
    const done = await this.writer.decideAll(commands, (decision, state) => {
      const sent = sents[at++] as Sent;
      sent.seen = glimpse(state, sent.command);
      return decision;
    });
    return done.taken ? { taken: true, decisions: done.seen } : done;
  }

  /** Holds the book that the writer has in memory against the model, where nothing was decided since. */
  async look(): Promise<void> {
    this.#queue.push({ sents: [], all: false });
    await this.writer.look((state) => {
      if (this.#decided.every(({ request }) => request.sents.length === 0)) {
        this.#guarded(() => compareBooks(this.#view, state));
      }
    });
  }

  /** The writer asks for the time once for every request that it decides. */
  #decide(): number {
    const atMs = this.world.nowMs();
    const request = this.#queue.shift();
    if (request === undefined) this.#diverge('something is decided that nobody sent', 'none', 'one');
    else this.#decided.push({ request, atMs });
    return atMs;
  }

  #read(stream: string, length: number): void {
    const { ledger, truth } = this.world;
    if (stream !== ledgerStream(ledger)) return;
    // What was decided and never sent is forgotten, as the writer has.
    this.#decided = [];
    this.#view = truth.copy(length);
  }

  /** Holds what is appended against what the model says of the commands that it comes from. */
  #append(events: readonly NewEvent[], expected: ExpectedRevision): Batch {
    const base = this.#view.facts.length;
    const facts: Fact[] = [];
    const batch: Batch = { base, facts, landed: false };
    this.#guarded(() => {
      const due = base === 0 ? 'no_stream' : BigInt(base - 1);
      if (expected !== due) throw new Divergence('revision that an append expects', due, expected);
      while (facts.length < events.length) {
        const request = this.#decided.shift();
        if (request === undefined)
          throw new Divergence('events that nobody asked for', [], events.slice(facts.length));
        facts.push(...this.#evaluate(request, events.slice(facts.length), batch));
      }
    });
    return batch;
  }

  /** Asks the model for what was decided before a command is answered, and no append has shown. */
  expect(sent: Sent): void {
    this.#guarded(() => {
      while (sent.answer === undefined) {
        const request = this.#decided.shift();
        if (request === undefined)
          throw new Divergence('an answer to what was not decided', 'none', sent.order);
        this.#evaluate(request, [], undefined);
      }
    });
  }

  /** What the model says to one request, which must be what the events begin with; its view goes on by it. */
  #evaluate(
    { request, atMs }: Decided,
    events: readonly NewEvent[],
    batch: Batch | undefined,
  ): readonly Fact[] {
    const { sents, all } = request;
    const commands = sents.map(({ command }) => command);
    const together = all ? answerAll(this.#view, commands, atMs).answers : undefined;
    const facts: Fact[] = [];
    for (const [i, sent] of sents.entries()) {
      const expected = together?.[i] ?? answer(this.#view, sent.command, atMs, sent.original);
      const real = events.slice(facts.length, facts.length + expected.facts.length);
      const chosen = chosenOf(sent, expected, real);
      for (const fact of chosen) this.#view.record(fact);
      facts.push(...chosen);
      sent.answer = expected;
      if (chosen.length > 0 && batch !== undefined) sent.batch = batch;
      if (sent.seen !== undefined) compareGlimpse(this.#view, sent.command, sent.seen);
    }
    return facts;
  }

  /** What differs is told, and not thrown into the product, which would take it for an outage. */
  #guarded(compare: () => void): void {
    try {
      compare();
    } catch (error) {
      if (!(error instanceof Divergence)) throw error;
      this.world.onDivergence(error);
    }
  }

  #diverge(what: string, model: unknown, real: unknown): void {
    this.world.onDivergence(new Divergence(what, model, real));
  }
}

/** The facts of the model, which must be those of the product; where the product has a choice, those that it chose. */
function chosenOf(
  { order }: Sent,
  { facts, ...expected }: Answer,
  events: readonly NewEvent[],
): readonly Fact[] {
  const real = events.map(({ type, data }) => ({ type, data }));
  const ids = real.map(({ data }) => (data as { holdId?: string }).holdId ?? '');
  const { choice = [] } = expected;
  const chose = new Set(ids).size === facts.length && ids.every((id) => choice.includes(id));
  const chosen = chose
    ? facts.map(({ type, data }, i) => ({ type, data: { ...data, holdId: ids[i] } }))
    : facts;
  if (isDeepStrictEqual(chosen, real)) return chosen;
  throw new Divergence(`events of ${JSON.stringify(order, texts)}`, { ...expected, facts }, real);
}

function texts(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}
