import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { DamagedFile } from './recovery.js';

/**
 * An offset in a small file beside a log.
 */
export class OffsetFile {
  #offset: number;

  /** @throws DamagedFile when it holds no offset. */
  constructor(private readonly path: string) {
    const text = existsSync(path) ? readFileSync(path, 'utf8') : '0';
    if (!/^\d{1,15}$/.test(text)) throw new DamagedFile(path, 0, 'it names no offset');
    this.#offset = Number(text);
  }

  /** 0 when there is no file. */
  get offset(): number {
    return this.#offset;
  }

  write(offset: number): void {
    if (offset === this.#offset) return;
    writeAside(this.path, String(offset));
    this.#offset = offset;
  }
}

/** Writes a small file whole or not at all. */
export function writeAside(path: string, text: string): void {
  writeFileSync(`${path}.draft`, text);
  renameSync(`${path}.draft`, path);
}
