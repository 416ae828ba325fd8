import { ftruncateSync, writeSync } from 'node:fs';

/** Told in words what recovery found or did that a person may want to know. */
export type Notice = (message: string) => void;

/**
 * What decides about bytes behind the last good record of a file. They are a write cut short, which nobody was told of, and are
 * removed with a notice, where they are fewer than the record that begins there says, or nothing but zeros. They may
 * also be whole and wrong when the system has stopped (a power cut), because what was not synced reaches the disk in
 * any order. Anything else is damage, and so is all that good records follow: then nothing is removed, and the
 * broker does not start.
 *
 * What this cannot tell: an end that is missing, or a last record whose length was changed, from a write cut short;
 * and after the end of the system, damage to the last record from a write that was lost.
 */
export interface Recovery {
  readonly notice: Notice;
  /** Whether that may have happened since the data were last in order. */
  readonly systemMayHaveStopped: boolean;
}

/** A file is not what was written, in a way that no interrupted write explains. */
export class DamagedFile extends Error {
  override readonly name = 'DamagedFile';

  constructor(path: string, offset: number, what: string) {
    super(
      `${path} is damaged at byte ${offset} (${what}). ` +
        'Restore the whole data folder from a copy, or move it away to begin with an empty broker.',
    );
  }
}

export interface Tail {
  readonly path: string;
  /** Where it starts in the file. */
  readonly offset: number;
  readonly bytes: Buffer;
  /** What the record that begins there says it has; undefined where none can begin. */
  readonly saidBytes: number | undefined;
  /** The least bytes that say anything of a record. */
  readonly headerBytes: number;
  readonly isGoodRecord: (at: number) => boolean;
}

/** @throws DamagedFile where the bytes behind the last good record are not a write cut short. */
export function requireCutShort(tail: Tail, { systemMayHaveStopped }: Recovery): void {
  const { path, offset, bytes, headerBytes, isGoodRecord } = tail;
  for (let at = 1; at + headerBytes <= bytes.length; at++) {
    if (isGoodRecord(at)) throw new DamagedFile(path, offset, 'good records follow');
  }
  if (systemMayHaveStopped || isIncomplete(tail) || bytes.every((byte) => byte === 0)) return;
  throw new DamagedFile(path, offset, 'the last record is whole and not as it was written');
}

function isIncomplete({ bytes, headerBytes, saidBytes }: Tail): boolean {
  return bytes.length < headerBytes || (saidBytes !== undefined && saidBytes > bytes.length);
}

/** Writes all of `bytes` at the end of a file, which lies at `position`, or none; throws when the system does not take them. */
export function writeAtEnd(file: number, bytes: Buffer, position: number): void {
  try {
    for (let written = 0; written < bytes.length;) {
      written += writeSync(file, bytes, written, bytes.length - written, position + written);
    }
  } catch (error) {
    ftruncateSync(file, position);
    throw error;
  }
}
