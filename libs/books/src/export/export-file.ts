import { open, readFile, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { EventStore } from '@florin/event-store';
import { exportBook, type ExportProgress, type ExportRange } from './export-book.js';
import { errorCode, ExportImpossible } from './fault.js';

/** Text that becomes one gzip member: large enough to compress well, small enough that little is done again. */
const MEMBER_CHARACTERS = 4 * 1024 * 1024;
/** Most of a text of hashes does not compress: a higher level takes three times as long for five per cent. */
const gzipped = promisify(gzip);
const LEVEL = 1;

export interface ExportFileOptions extends ExportRange {
  /** Text per gzip member, in characters: what an interruption makes to be done again. Default 4 Mi. */
  readonly memberCharacters?: number | undefined;
  /** Told of the revisions that are written, of so many. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

export interface ExportedFile extends ExportProgress {
  readonly bytes: number;
  /** The revision at which an interrupted run was taken up again. */
  readonly resumedAt: number | undefined;
}

/** What an interrupted run leaves beside the file: how much of the file is good, how far it came, and whether its end is written. */
interface Resume {
  readonly bytes: number;
  readonly done?: boolean;
  readonly progress: ExportProgress;
}

/**
 * Exports a book into a gzip file of several members. Until it is complete it is called `<path>.partial`, with `<path>.resume`
 * beside it, from which an interrupted run goes on. Throws ExportImpossible where there is a file already, besides what
 * `exportBook` throws.
 */
export async function exportToFile(
  store: Pick<EventStore, 'read'>,
  path: string,
  options: ExportFileOptions,
): Promise<ExportedFile> {
  if ((await stat(path).catch(absent)) !== undefined) {
    throw new ExportImpossible(`${path} is there already: name another file`);
  }
  const resume = await resumeOf(path, options);
  const { bytes, progress } = resume?.done === true ? resume : await writeRest(store, path, options, resume);
  await rename(partialPath(path), path);
  await rm(resumePath(path), { force: true });
  return { ...progress, bytes, resumedAt: resume && resume.progress.revision + 1 };
}

/** Writes what an earlier run has not, up to the end of the export. */
async function writeRest(
  store: Pick<EventStore, 'read'>,
  path: string,
  { onProgress, memberCharacters = MEMBER_CHARACTERS, ...range }: ExportFileOptions,
  resume: Resume | undefined,
): Promise<Resume> {
  const members = await MemberWriter.open(path, memberCharacters, resume?.bytes ?? 0);
  let progress = resume?.progress;
  try {
    for await (const page of exportBook(store, range, progress)) {
      progress = page.progress;
      await members.write(page.text, progress, page.done);
      const { from, to } = progress.header;
      onProgress?.(progress.revision - from + 1, to - from + 1);
    }
  } finally {
    await members.close();
  }
  return { bytes: members.bytes, progress: progress as ExportProgress };
}

/** Compresses texts while the next ones are read, and notes what is on disk. */
class MemberWriter {
  #text = '';
  #writing: Promise<void> = Promise.resolve();

  /** Goes on after so many bytes of an earlier run. */
  static async open(path: string, memberCharacters: number, bytes: number): Promise<MemberWriter> {
    const file = await open(partialPath(path), bytes === 0 ? 'w' : 'r+').catch((error: unknown) => {
      if (errorCode(error) === 'ENOENT') throw new ExportImpossible(`there is no folder for ${path}`);
      throw error;
    });
    await file.truncate(bytes);
    return new MemberWriter(file, path, memberCharacters, bytes);
  }

  private constructor(
    private readonly file: FileHandle,
    private readonly path: string,
    private readonly memberCharacters: number,
    public bytes: number,
  ) {}

  /** Leaves nothing behind that nobody could go on with. */
  async close(): Promise<void> {
    await this.#writing.catch(() => undefined);
    await this.file.close();
    if (this.bytes === 0) await rm(partialPath(this.path), { force: true });
  }

  async write(text: string, progress: ExportProgress, last: boolean): Promise<void> {
    this.#text += text;
    if (!last && this.#text.length < this.memberCharacters) return;
    await this.#writing;
    const member = this.#text;
    this.#text = '';
    this.#writing = this.#append(member, progress, last);
    // Whoever writes next sees the failure; until then it must not be unhandled.
    this.#writing.catch(() => undefined);
    if (last) await this.#writing;
  }

  async #append(text: string, progress: ExportProgress, done: boolean): Promise<void> {
    const member = await gzipped(text, { level: LEVEL });
    await this.file.write(member, 0, member.length, this.bytes);
    await this.file.datasync();
    this.bytes += member.length;
    await writeWhole(
      resumePath(this.path),
      JSON.stringify({ bytes: this.bytes, progress, done } satisfies Resume),
    );
  }
}

const resumePath = (path: string): string => `${path}.resume`;
const partialPath = (path: string): string => `${path}.partial`;

/** All of a small file or nothing of it. */
async function writeWhole(path: string, text: string): Promise<void> {
  const file = await open(`${path}.new`, 'w');
  try {
    await file.writeFile(text);
    await file.datasync();
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
}

/** Where an interrupted run of the same export stands; `undefined` for a new one. */
async function resumeOf(path: string, { ledger, from, to }: ExportRange): Promise<Resume | undefined> {
  const text = await readFile(resumePath(path), 'utf8').catch(absent);
  if (text === undefined) return undefined;
  const resume = JSON.parse(text) as Resume;
  const { header } = resume.progress;
  if (header.ledger !== ledger || header.from !== (from ?? 0) || (to !== undefined && header.to !== to)) {
    const other = `${header.ledger} from ${header.from} to ${header.to}`;
    throw new ExportImpossible(
      `${path} is an interrupted export of ${other}: finish that, or name another file`,
    );
  }
  const { size } = (await stat(partialPath(path)).catch(absent)) ?? { size: 0 };
  if (size >= resume.bytes) return resume;
  throw new ExportImpossible(`${partialPath(path)} is shorter than ${resumePath(path)} says: remove both`);
}

function absent(error: unknown): undefined {
  if (errorCode(error) === 'ENOENT') return undefined;
  throw error;
}
