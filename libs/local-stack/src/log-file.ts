import { closeSync, existsSync, fstatSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';

const limitBytes = 32 * 1024 * 1024;
const keptBytes = 1024 * 1024;

/** Shortens a log that grew beyond 32 MiB to its last MiB. Whoever writes to it by appending goes on behind that. */
export function capLog(file: string): void {
  if (!existsSync(file)) return;
  const descriptor = openSync(file, 'a+');
  try {
    if (fstatSync(descriptor).size <= limitBytes) return;
    const tail = readEnd(descriptor, keptBytes);
    ftruncateSync(descriptor, 0);
    // Appends, so that it overwrites nothing that somebody wrote meanwhile.
    writeSync(descriptor, tail.subarray(tail.indexOf('\n') + 1));
  } finally {
    closeSync(descriptor);
  }
}

/** The last `bytes` of a log, from the beginning of a line. Empty where there is none yet. */
export function logTail(file: string, bytes: number): string {
  if (!existsSync(file)) return '';
  const descriptor = openSync(file, 'r');
  try {
    const tail = readEnd(descriptor, bytes);
    const whole = tail.length < bytes;
    return (whole ? tail : tail.subarray(tail.indexOf('\n') + 1)).toString();
  } finally {
    closeSync(descriptor);
  }
}

function readEnd(descriptor: number, bytes: number): Buffer {
  const { size } = fstatSync(descriptor);
  const buffer = Buffer.alloc(Math.min(size, bytes));
  const read = readSync(descriptor, buffer, 0, buffer.length, size - buffer.length);
  return buffer.subarray(0, read);
}
