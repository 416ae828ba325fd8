import {
  closeSync,
  constants,
  existsSync,
  fdatasyncSync,
  openSync,
  readdirSync,
  readFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { segmentBase } from './log-format.js';

const POSITION_DIGITS = 16;

/**
 * The file `acknowledged` beside the segments: up to which position the log was synced, noted before anyone is told so. It tells a
 * write that was cut short, which nobody relied on, from damage to what was acknowledged, also at the very end of the log.
 *
 * It is written in place and not synced while the log grows, which costs some microseconds instead of a second sync. So it is exact
 * after the end of the process, however sudden; after the end of the whole system (a power cut) it may be behind, by
 * the few seconds that the system keeps pages. What was acknowledged in these is known from the records that
 * follow (see log-format.ts), all but the last group: damage to that one, on top of a power cut, cannot be
 * told from a write cut short.
 */
export class AcknowledgedMark {
  private readonly file: number;

  constructor(dir: string) {
    this.file = openSync(markPath(dir), constants.O_RDWR | constants.O_CREAT, 0o644);
  }

  note(position: number): void {
    const digits = String(position).padStart(POSITION_DIGITS, '0');
    writeSync(this.file, `${digits} ${checksum(digits)}\n`, 0);
  }

  close(): void {
    fdatasyncSync(this.file);
    closeSync(this.file);
  }
}

/** The position that the text of a mark says; undefined where it says none, as when it was read while it was written. */
export function markedPosition(text: string): number | undefined {
  const [, digits = '', sum] = /^(\d{16}) ([0-9a-f]{8})\n$/.exec(text) ?? [];
  return sum === checksum(digits) ? Number(digits) : undefined;
}

export function markPath(dir: string): string {
  return join(dir, 'acknowledged');
}

/** The position that the mark says; 0, which excludes nothing, where there is no mark or it cannot be read. */
export function acknowledgedPosition(dir: string, onNotice: (message: string) => void): number {
  const path = markPath(dir);
  const consequence = 'whether the log has its end is judged by its records alone.';
  if (!existsSync(path)) {
    const hasLog = readdirSync(dir).some((name) => segmentBase(name) !== undefined);
    if (hasLog) onNotice(`${path} is missing: ${consequence}`);
    return 0;
  }
  const position = markedPosition(readFileSync(path, 'latin1'));
  if (position !== undefined) return position;
  onNotice(`${path} cannot be read: ${consequence}`);
  return 0;
}

function checksum(digits: string): string {
  return crc32(digits).toString(16).padStart(8, '0');
}
