import { ledgerStream } from '@florin/contracts';
import { EventStoreUnavailable, WrongExpectedRevision, type NewEvent } from '@florin/event-store';
import {
  bookText,
  decodeRecord,
  emptyLedger,
  evolve,
  outcomeId,
  type Decision,
  type LedgerState,
} from '@florin/ledger';
import { writers, type Fate, type Order, type Send, type Step, type WriterNo } from '../history/steps.js';
import { Book } from '../model/book.js';
import { idOf, type Command } from '../model/commands.js';
import { compareBooks } from './compare.js';
import { Connection, type Append } from './connection.js';
import { Disk } from './disk.js';
import { Divergence } from './divergence.js';
import { Instance, type Batch, type Sent } from './instance.js';
import { loadBook, LedgerUnavailable, replayBook, SnapshotKeeper } from './product.js';

const LEDGER = 'it-eur';
const CURRENCY = 'EUR';
/** Where the clock of every history begins. */
const START = Date.UTC(2026, 10, 20, 12);

/** The product on a disk in memory and a clock of its own, and the model beside it. Throws a Divergence where they differ. */
export class Simulation {
  readonly truth = new Book(LEDGER, CURRENCY);
  /** How often each thing happened. */
  readonly counts = new Map<string, number>();
  nowMs = START;
  readonly #disk = new Disk();
  /** What the product makes of the log. */
  #shadow: LedgerState = emptyLedger(LEDGER, CURRENCY);
  readonly #instances: Instance[];
  /** Commands on their way, and the process that they were sent to. */
  readonly #open = new Map<Sent, Instance>();
  readonly #unknown = new Set<Sent>();
  #late: Append[] = [];
  #keeper: { readonly connection: Connection; readonly keeper: SnapshotKeeper } | undefined;
  #divergence: Divergence | undefined;

  constructor(private readonly segmentEvents: number) {
    this.#instances = writers.map((no) => this.#started(no));
  }

  /** Commands whose outcome nobody knows: they are to be sent again. */
  get unknown(): readonly Order[] {
    return [...this.#unknown].map(({ order }) => order);
  }

  async take(step: Step): Promise<void> {
    this.#count(step.do);
    await this.#do(step);
    await this.#settle();
    compareBooks(this.truth, this.#shadow);
  }

  /** Lets everything come to an end, and looks at the whole. Answers the hash of all that was written. */
  async finish(): Promise<string> {
    for (const writer of writers) await this.take({ do: 'let-go', writer });
    await this.take({ do: 'arrive' });
    // Once more than there are: the writer may find out only now that the other has written.
    for (let rounds = this.#unknown.size + 1; rounds > 0; rounds -= 1) {
      await this.take({ do: 'send', to: 0, orders: this.unknown });
    }
    for (const writer of writers) await this.take({ do: 'look', writer });
    if (this.#unknown.size > 0) throw new Divergence('commands without an outcome', [], this.unknown);
    await this.#verify();
    return this.#disk.digest();
  }

  async #do(step: Step): Promise<void> {
    switch (step.do) {
      case 'clock':
        this.nowMs = Math.max(START, this.nowMs + step.byMs);
        return;
      case 'send':
        this.#fated(this.#instance(step.to).connection, step.fates);
        return this.#send(this.#instance(step.to), step);
      case 'look':
        return this.#look(this.#instance(step.writer));
      case 'hold':
        this.#instance(step.writer).connection.held = true;
        return;
      case 'let-go':
        this.#fated(this.#instance(step.writer).connection, step.fates);
        this.#instance(step.writer).connection.letGo();
        return;
      case 'restart':
        return this.#crashed(this.#instance(step.writer));
      case 'arrive':
        return this.#arrive();
      case 'keep':
        return this.#keep(step.fates);
    }
  }

  #fated(connection: Connection, fates: readonly Fate[] = []): void {
    connection.fates = [...fates];
    for (const fate of connection.fates) this.#count(fate);
  }

  #send(instance: Instance, { orders, all }: Send): void {
    // The entry that a reversal names is looked up first, so it is decided after what comes with it. More of them would come
    // to their turn in an order that says nothing: they are lost on the way, and come again.
    const [reversal, ...lost] = orders.filter(({ type }) => type === 'ReverseEntry');
    const others = orders.filter(({ type }) => type !== 'ReverseEntry');
    const sents = [...others, ...(reversal ? [reversal] : [])].map((order) => this.#sent(instance, order));
    for (const order of lost) this.#settled(this.#sent(instance, order), 'unknown');
    if (sents.length === 0) return;
    if (all === true) {
      instance.submitAll(sents).then(
        ({ taken, decisions }) =>
          sents.forEach((sent, i) => this.#answered(instance, sent, decisions[i] as Decision, taken)),
        (error: unknown) => sents.forEach((sent) => this.#failed(sent, error)),
      );
      return;
    }
    for (const sent of sents) {
      instance.submit(sent).then(
        (decision) => this.#answered(instance, sent, decision, true),
        (error: unknown) => this.#failed(sent, error),
      );
    }
  }

  #sent(instance: Instance, order: Order): Sent {
    const sent: Sent = { order, ...this.#commandOf(order), state: 'waiting' };
    for (const other of this.#unknown) if (other.order === order) this.#unknown.delete(other);
    this.#open.set(sent, instance);
    return sent;
  }

  #commandOf(order: Order): Pick<Sent, 'command' | 'original'> {
    if (order.type !== 'ReverseEntry') return { command: order, original: undefined };
    const { reverses: entryId, off = 0, ...rest } = order;
    const entry = this.truth.entries.find(({ id }) => id === entryId);
    const revision = entry === undefined ? -1 : entry.revision + off;
    const command: Command = { ...rest, reverses: { entryId, revision: BigInt(revision) } };
    return { command, original: this.truth.facts[revision] };
  }

  #answered(instance: Instance, sent: Sent, decision: Decision, taken: boolean): void {
    if (instance.connection.dead) return;
    if (sent.answer === undefined) instance.expect(sent);
    this.#settled(sent, 'answered');
    const { outcome } = decision;
    const code = 'code' in decision ? decision.code : undefined;
    this.#count(code === undefined ? outcome : `${outcome}: ${code}`);
    this.#count(`${sent.order.type} ${outcome}`);
    const { answer, batch, command } = sent;
    const said = answer?.outcome === outcome && answer.code === code;
    const orSaid = answer?.or !== undefined && answer.or === code;
    if (!said && !orSaid) this.#diverge(`answer to ${describe(sent.order)}`, answer, decision);
    if (batch?.landed === false)
      this.#diverge(`${describe(sent.order)} is answered before it is in the log`, batch, decision);
    if (taken && outcome !== 'unacceptable' && !this.#isKnown(command)) {
      this.#diverge(`${describe(sent.order)} has no outcome in the log`, answer, decision);
    }
  }

  #look(instance: Instance): void {
    instance.look().catch((error: unknown) => {
      if (!(error instanceof LedgerUnavailable)) this.#diverge('a look at the book', 'a book', error);
    });
  }

  #isKnown(command: Command): boolean {
    if (command.type === 'ExpireHolds') return true;
    return command.type === 'OpenAccount'
      ? this.truth.accounts.has(command.account)
      : this.truth.outcomes.has(idOf(command));
  }

  #failed(sent: Sent, error: unknown): void {
    if (sent.state === 'unknown') return;
    this.#settled(sent, 'unknown');
    const cause = error instanceof LedgerUnavailable ? error.cause : undefined;
    if (cause instanceof EventStoreUnavailable || cause instanceof WrongExpectedRevision)
      return this.#count(cause.name);
    this.#diverge(`${describe(sent.order)} is given up`, sent.answer, cause ?? error);
  }

  #settled(sent: Sent, state: 'answered' | 'unknown'): void {
    sent.state = state;
    this.#open.delete(sent);
    if (state === 'unknown') this.#unknown.add(sent);
  }

  #crashed(instance: Instance): void {
    instance.connection.dead = true;
    for (const [sent, owner] of this.#open) if (owner === instance) this.#settled(sent, 'unknown');
    this.#instances[instance.no] = this.#started(instance.no);
  }

  #started(no: WriterNo): Instance {
    return new Instance(no, {
      ...{ ledger: LEDGER, currency: CURRENCY, disk: this.#disk, truth: this.truth, nowMs: () => this.nowMs },
      onLanded: (append, isNew) => this.#landed(append, isNew),
      onLate: (append) => this.#late.push(append),
      onCrash: (instance) => this.#crashed(instance),
      onDivergence: (divergence) => (this.#divergence ??= divergence),
    });
  }

  #landed({ events, note }: Append, isNew: boolean): void {
    const batch = note as Batch;
    batch.landed = true;
    if (!isNew) return this.#count('append that was there already');
    if (batch.base !== this.truth.facts.length) {
      this.#diverge('an append was decided on an old state', this.truth.facts.length, batch.base);
    }
    for (const fact of batch.facts) this.truth.record(fact);
    for (const { type, data, metadata } of events as Required<NewEvent>[]) {
      this.#shadow = evolve(this.#shadow, decodeRecord({ type, data, metadata }));
    }
  }

  #arrive(): void {
    const late = this.#late;
    this.#late = [];
    for (const append of late) {
      try {
        const isNew = this.#disk.append(append.stream, append.events, append.expected) > 0;
        if (append.note !== undefined) this.#landed(append, isNew);
        this.#count('late: done');
      } catch (error) {
        if (!(error instanceof WrongExpectedRevision)) throw error;
        this.#count('late: refused');
      }
    }
  }

  async #keep(fates: readonly Fate[] = []): Promise<void> {
    if (this.#keeper === undefined) {
      const gone = (): void => (this.#keeper = undefined);
      const connection = new Connection(this.#disk, {
        onLate: (append) => this.#late.push(append),
        onCrash: () => {
          connection.dead = true;
          gone();
        },
      });
      const keeper = new SnapshotKeeper({
        ...{ ledger: LEDGER, currency: CURRENCY, store: connection, segmentEvents: this.segmentEvents },
        onError: (error) => {
          if (error instanceof WrongExpectedRevision) return gone();
          this.#diverge('the keeper of snapshots ends', 'a snapshot', error);
        },
      });
      this.#keeper = { connection, keeper };
      keeper.start();
      await turn();
    }
    const { connection } = this.#keeper;
    this.#fated(connection, fates);
    connection.deliver().catch((error: unknown) => {
      if (!(error instanceof EventStoreUnavailable)) this.#diverge('a snapshot fails', 'a snapshot', error);
    });
  }

  /** Until everything that can happen has; what was sent must have an answer then, unless an append is held. */
  async #settle(): Promise<void> {
    for (let turns = 0; turns < 10; turns += 1) {
      await turn();
      if (this.#divergence !== undefined) throw this.#divergence;
      if (this.#open.size === 0) break;
      if ([...this.#open.values()].every(({ connection }) => connection.held)) break;
      if (turns === 9)
        this.#diverge(
          'commands are never answered',
          'answers',
          [...this.#open.keys()].map(({ order }) => order),
        );
    }
    if (this.#divergence !== undefined) throw this.#divergence;
  }

  /** The log verifies; replayed and loaded from a snapshot it is the same book, byte for byte; no id occurs twice. */
  async #verify(): Promise<void> {
    if (this.truth.facts.length === 0) return;
    const store = new Connection(this.#disk, { onCrash: () => undefined });
    const replay = await replayBook(store, LEDGER, { currency: CURRENCY });
    if (replay.finding !== undefined)
      throw new Divergence('the log does not verify', 'right', replay.finding);
    compareBooks(this.truth, replay.state);
    const onFallback = (reason: Error): void => this.#diverge('a snapshot cannot be used', 'usable', reason);
    const loaded = await loadBook(store, LEDGER, { currency: CURRENCY, onFallback });
    if (this.#divergence !== undefined) throw this.#divergence;
    if (loaded.snapshot !== undefined) this.#count('loaded from a snapshot');
    const text = bookText(replay.state);
    same('the book from its snapshot', text, bookText(loaded.replay.state));
    same('the book as it grew', text, bookText(this.#shadow));
    const ids = this.#disk.stream(ledgerStream(LEDGER)).map((event) => outcomeId(decodeRecord(event)));
    const known = ids.filter((id) => id !== undefined);
    same('ids with an outcome', this.truth.outcomes.size, known.length);
    for (const id of known) if (!this.truth.outcomes.has(id)) throw new Divergence('an id', 'none', id);
  }

  #instance(no: WriterNo): Instance {
    return this.#instances[no] as Instance;
  }

  #count(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }

  #diverge(what: string, model: unknown, real: unknown): void {
    this.#divergence ??= new Divergence(what, model, real);
  }
}

function describe(order: Order): string {
  return order.type === 'OpenAccount' || order.type === 'ExpireHolds'
    ? order.type
    : `${order.type} ${idOf(order as Command & { type: 'PostEntry' })}`;
}

function same(what: string, model: string | number, real: string | number): void {
  if (model !== real) throw new Divergence(what, model, real);
}

/** All that follows from what happened, and takes no time. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
