import { stat } from 'node:fs/promises';
import { createReversalCheck, LedgerCorrupt, type LedgerEvent, type StoredRecord } from '@florin/ledger';
import type { VerifierKey } from '@florin/proofs';
import { ExportCheck } from './export-check.js';
import { ExportFault, type ExportFaultCode } from './fault.js';
import { kindOf, type ExportHeader } from './format.js';
import type { HashedBlock } from './hashed-blocks.js';
import { startHashing, type Hashing } from './hashing-thread.js';
import { blocksOf, linesIn } from './lines.js';

/** The first thing that is wrong with an export. */
export interface ExportFinding {
  /** Where it is: the file, of those given, and the line in it, from 1. */
  readonly file: string;
  readonly line: number;
  /** The revision that stands there or would; `null` where there is none. */
  readonly revision: number | null;
  readonly code: ExportFaultCode;
  /** A sentence that says what was found and what was expected. */
  readonly detail: string;
}

export interface VerifyOptions {
  /** Keys of the log and of witnesses; `undefined`: signatures are not looked at, and nothing shows who wrote it. */
  readonly keys: readonly VerifierKey[] | undefined;
  /** Told of the bytes that are read, of so many. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** What an export says, as far as it was right. */
export interface ExportReport {
  readonly header: ExportHeader | undefined;
  /** Whether every rule was checked, from the first event of the book on. */
  readonly whole: boolean;
  readonly head: { readonly revision: number; readonly hash: string };
  readonly events: number;
  readonly entries: number;
  readonly accounts: number;
  readonly checkpoints: number;
  /** Keys under whose signatures checkpoints stand, as name+id. */
  readonly signers: readonly string[];
  readonly finding: ExportFinding | undefined;
}

interface Place {
  readonly file: string;
  readonly line: number;
}

/**
 * Verifies an export with nothing but its bytes and the public keys; several files are parts that go on from one another.
 * Memory is that of the accounts, the open holds, the ids of seven days (24 to 48 bytes each), and the reversals; it does not grow with the events.
 */
export async function verifyExport(paths: readonly string[], options: VerifyOptions): Promise<ExportReport> {
  const reversals = new Reversals();
  const run = new Run(options.keys, reversals);
  const sizes = await Promise.all(paths.map(async (path) => (await stat(path)).size));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const hashing = startHashing(total);
  try {
    let before = 0;
    for (const [at, path] of paths.entries()) {
      if (run.finding !== undefined) break;
      await run.read(path, hashing, (read) => options.onProgress?.(before + read, total));
      before += sizes[at] ?? 0;
    }
  } finally {
    await hashing.close();
  }
  run.end();
  const { check } = run;
  const whole = check.header?.from === 0;
  const mirrored = whole ? await reversals.finding(paths) : undefined;
  return {
    header: check.header,
    whole,
    head: { revision: check.revision, hash: check.hash },
    events: check.events,
    entries: check.entries,
    accounts: check.book?.accounts ?? 0,
    checkpoints: check.checkpoints,
    signers: [...check.signers].sort(),
    // A reversal was read before whatever stopped the reading.
    finding: mirrored ?? run.finding,
  };
}

/** One reading of all files, from line to line, up to the first that is wrong. */
class Run {
  readonly check: ExportCheck;
  finding: ExportFinding | undefined;
  /** Where it reads: the last line that was looked at. */
  #file = '';
  #line = 0;

  constructor(keys: readonly VerifierKey[] | undefined, reversals: Reversals) {
    this.check = new ExportCheck(keys, (event, revision) => {
      reversals.note(event, revision, { file: this.#file, line: this.#line });
    });
  }

  async read(file: string, hashing: Hashing, onBytes: (read: number) => void): Promise<void> {
    this.#file = file;
    this.#line = 0;
    try {
      for await (const block of hashing.blocksOf(file)) {
        onBytes(block.read);
        this.#acceptAll(block);
        if (this.finding !== undefined) return;
      }
      this.check.endFile();
    } catch (error) {
      this.#line += 1;
      this.#find(error);
    }
  }

  end(): void {
    if (this.finding !== undefined) return;
    try {
      this.check.endAll();
    } catch (error) {
      this.#line += 1;
      this.#find(error, this.check.covered);
    }
  }

  #acceptAll({ bytes, hashes, plain, roots, malformed }: HashedBlock): void {
    const lines = linesIn(bytes);
    const root = roots.values();
    const nextRoot = (): string => root.next().value ?? '';
    try {
      for (let at = 0; at < lines.length; at += 1) {
        this.#line += 1;
        if (at === malformed?.at) throw new ExportFault('line_malformed', malformed.detail);
        this.check.accept(
          lines[at] as string,
          hashes.slice(at * 64, at * 64 + 64),
          plain[at] === 1,
          nextRoot,
        );
      }
    } catch (error) {
      this.#find(error);
    }
  }

  #find(error: unknown, revision = this.check.revision + 1): void {
    if (!(error instanceof ExportFault || error instanceof LedgerCorrupt)) throw error;
    this.finding = { file: this.#file, line: this.#line, revision, code: error.code, detail: error.message };
  }
}

/** Reversals are rare: they are kept, and the entries that they name are looked up in a second reading. */
class Reversals {
  readonly #check = createReversalCheck();
  readonly #places = new Map<bigint, Place>();
  readonly #wanted = new Set<number>();

  note(event: LedgerEvent, revision: number, place: Place): void {
    if (event.type !== 'EntryPosted' || event.reverses === undefined) return;
    this.#check.note(event, BigInt(revision));
    this.#places.set(BigInt(revision), place);
    this.#wanted.add(Number(event.reverses.revision));
  }

  async finding(paths: readonly string[]): Promise<ExportFinding | undefined> {
    if (this.#wanted.size === 0) return undefined;
    const records = await this.#read(paths);
    const found = await this.#check.finding((revision) => Promise.resolve(records.get(Number(revision))));
    if (found === undefined) return undefined;
    const { revision, code, detail } = found;
    return { ...(this.#places.get(revision) as Place), revision: Number(revision), code, detail };
  }

  async #read(paths: readonly string[]): Promise<Map<number, StoredRecord>> {
    const records = new Map<number, StoredRecord>();
    let revision = -1;
    for (const path of paths) {
      for await (const block of blocksOf(path)) {
        for (const line of linesIn(block)) {
          if (kindOf(line) !== 'event') continue;
          revision += 1;
          if (!this.#wanted.has(revision)) continue;
          const { type, data, schema } = JSON.parse(line) as { type: string; data: unknown; schema: unknown };
          records.set(revision, { revision: BigInt(revision), id: '', type, data, metadata: { schema } });
          if (records.size === this.#wanted.size) return records;
        }
      }
    }
    return records;
  }
}
