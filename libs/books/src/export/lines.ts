import { isUtf8 } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { constants, createGunzip } from 'node:zlib';
import { errorCode, ExportFault } from './fault.js';
import { MAX_LINE_BYTES } from './format.js';

/** Whole lines of a file, in memory of their own: a zero, and then the lines with their line feeds. */
export type Block = Buffer<ArrayBuffer>;

/** Of the file, and of the text: the next block is unpacked while this one is looked at. */
const READ_BYTES = 256 * 1024;
export const LF = 0x0a;

/** The lines of a block. */
export function linesIn(block: Block): string[] {
  return block.toString('utf8', 1, block.length - 1).split('\n');
}

/**
 * The lines of a text file, of a gzip file of one or more members, or of as much as is left of one that was cut off. Throws
 * ExportFault for bytes that are no lines of UTF-8 and for damaged gzip, after what stands before.
 */
export async function* blocksOf(
  path: string,
  onBytes: (read: number) => void = () => undefined,
): AsyncGenerator<Block, void> {
  const file = createReadStream(path, { highWaterMark: READ_BYTES });
  const source = (await isGzip(path)) ? file.pipe(newGunzip()) : file;
  file.once('error', (error) => source.destroy(error));
  const parts: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of source as AsyncIterable<Buffer>) {
      onBytes(file.bytesRead);
      const end = chunk.lastIndexOf(LF) + 1;
      if (end > 0) {
        yield* blocksIn(joined([...parts.splice(0), chunk.subarray(0, end)]));
        length = 0;
      }
      if (end < chunk.length) parts.push(chunk.subarray(end));
      length += chunk.length - end;
      if (length > MAX_LINE_BYTES) throw tooLong();
    }
  } catch (error) {
    throw damage(error);
  } finally {
    source.destroy();
    file.destroy();
  }
  if (length > 0) throw new ExportFault('truncated', 'the last line does not end with a line feed');
}

/** A file that was cut off gives what is left of it: that its last line is missing tells. */
function newGunzip() {
  return createGunzip({ chunkSize: READ_BYTES, finishFlush: constants.Z_SYNC_FLUSH });
}

/** A zero and the parts after it, in memory of their own: it is given away to another thread. */
function joined(parts: readonly Buffer[]): Block {
  const length = parts.reduce((sum, part) => sum + part.length, 1);
  const whole = Buffer.allocUnsafeSlow(length);
  whole[0] = 0;
  let at = 1;
  for (const part of parts) at += part.copy(whole, at);
  return whole;
}

/** Lines as they are, up to the first that is none: that one is thrown after those before it. */
function* blocksIn(whole: Block): Generator<Block, void> {
  if (whole.length <= MAX_LINE_BYTES && isUtf8(whole)) {
    yield whole;
    return;
  }
  for (let start = 1; start < whole.length;) {
    const end = whole.indexOf(LF, start);
    if (end - start > MAX_LINE_BYTES) throw tooLong();
    const line = whole.subarray(start, end);
    if (!isUtf8(line)) throw new ExportFault('line_malformed', 'the line is not a text in UTF-8');
    yield joined([whole.subarray(start, end + 1)]);
    start = end + 1;
  }
}

function tooLong(): ExportFault {
  return new ExportFault('line_too_long', `a line has more than ${MAX_LINE_BYTES} bytes`);
}

function damage(error: unknown): unknown {
  if (errorCode(error)?.startsWith('Z_') !== true) return error;
  return new ExportFault('file_damaged', `the gzip data are damaged: ${(error as Error).message}`);
}

async function isGzip(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && buffer.readUInt16BE() === 0x1f8b;
  } finally {
    await file.close();
  }
}
