import { readFileSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { WrongUse } from '@florin/configuration';
import type { WitnessState } from '@florin/proofs';
import { z } from 'zod';
import { HeldFile } from './held-file.js';

const HASH_BYTES = 32;

const stateSchema = z.record(
  z.string(),
  z.strictObject({
    size: z.string().regex(/^(0|[1-9]\d{0,18})$/),
    root: z.base64().refine((text) => Buffer.from(text, 'base64').length === HASH_BYTES),
  }),
);

/**
 * What a witness has signed last of each log, in a file that is whole at any moment and that one process at a time has open:
 * two that sign by the same file could sign two histories.
 */
export class WitnessFile {
  private constructor(
    private readonly path: string,
    private readonly held: HeldFile,
    private readonly states: Map<string, WitnessState>,
  ) {}

  /** One that is not there yet is empty. Throws WrongUse for what is no such file, and for one that somebody has open. */
  static open(path: string): WitnessFile {
    const held = take(path);
    try {
      return new WitnessFile(path, held, statesIn(path));
    } catch (error) {
      held.release();
      throw error;
    }
  }

  close(): void {
    this.held.release();
  }

  of(origin: string): WitnessState | undefined {
    return this.states.get(origin);
  }

  /** Resolves when the state is on disk, and would be there after a loss of power. One call at a time. Throws FileHeld. */
  async save(origin: string, state: WitnessState): Promise<void> {
    const states = new Map(this.states).set(origin, state);
    const json = Object.fromEntries(
      [...states].map(([log, { size, root }]) => [
        log,
        { size: String(size), root: root.toString('base64') },
      ]),
    );
    const file = await open(`${this.path}.new`, 'w', 0o600);
    try {
      await file.writeFile(`${JSON.stringify(json, null, 2)}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    this.held.check();
    await rename(`${this.path}.new`, this.path);
    const folder = await open(dirname(this.path), 'r');
    await folder.sync().finally(() => folder.close());
    this.states.set(origin, state);
  }
}

function take(path: string): HeldFile {
  try {
    return HeldFile.take(path);
  } catch (error) {
    const sentence = `The state of the witness cannot be opened: ${(error as Error).message}`;
    throw new WrongUse(sentence, { cause: error });
  }
}

function statesIn(path: string): Map<string, WitnessState> {
  const stored = stateSchema.safeParse(jsonOf(path));
  if (!stored.success) throw new WrongUse(`${path} is not the state of a witness; it is left as it is`);
  const states = Object.entries(stored.data).map(
    ([origin, { size, root }]) =>
      [origin, { size: BigInt(size), root: Buffer.from(root, 'base64') }] as const,
  );
  return new Map(states);
}

function jsonOf(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    if (error instanceof SyntaxError) return undefined;
    throw new WrongUse(`The state of the witness cannot be read: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
