import { readFileSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { WrongUse } from '@florin/configuration';
import type { WitnessState } from '@florin/proofs';
import { z } from 'zod';

const HASH_BYTES = 32;

const stateSchema = z.record(
  z.string(),
  z.strictObject({
    size: z.string().regex(/^(0|[1-9]\d{0,18})$/),
    root: z.base64().refine((text) => Buffer.from(text, 'base64').length === HASH_BYTES),
  }),
);

/** What a witness has signed last of each log, in a file that is whole at any moment. */
export class WitnessFile {
  private constructor(
    private readonly path: string,
    private readonly states: Map<string, WitnessState>,
  ) {}

  /** Reads the file; one that is not there yet is empty. Throws WrongUse for what is no such file. */
  static read(path: string): WitnessFile {
    const stored = stateSchema.safeParse(jsonOf(path));
    if (!stored.success) throw new WrongUse(`${path} is not the state of a witness; it is left as it is`);
    const states = Object.entries(stored.data).map(
      ([origin, { size, root }]) =>
        [origin, { size: BigInt(size), root: Buffer.from(root, 'base64') }] as const,
    );
    return new WitnessFile(path, new Map(states));
  }

  of(origin: string): WitnessState | undefined {
    return this.states.get(origin);
  }

  /** Resolves when the state is on disk, and would be there after a loss of power. One call at a time. */
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
    await rename(`${this.path}.new`, this.path);
    const folder = await open(dirname(this.path), 'r');
    await folder.sync().finally(() => folder.close());
    this.states.set(origin, state);
  }
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
