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
  /** Told of the revisions that are written, of so many. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

export interface ExportedFile extends ExportProgress {
  readonly bytes: number;
  /** The revision at which an interrupted run was taken up again. */
  readonly resumedAt: number | undefined;
}

/** What an interrupted run leaves beside the file: how much of the file is good, and how far it came. */
interface Resume {
  readonly bytes: number;
  readonly progress: ExportProgress;
}

/**
 * Exports a book into a gzip file of several members. Beside it, until it is complete, lies a small file from which an
 * interrupted run goes on. Throws ExportImpossible where there is another file already, besides what `exportBook` throws.
 */
export async function exportToFile(
  store: Pick<EventStore, 'read'>,
  path: string,
  { onProgress, ...range }: ExportFileOptions,
): Promise<ExportedFile> {
  const resume = await resumeOf(path, range);
  const file = await open(path, resume === undefined ? 'wx' : 'r+').catch(refuseExisting(path));
  try {
    await file.truncate(resume?.bytes ?? 0);
    const members = new MemberWriter(file, path, resume?.bytes ?? 0);
    let progress = resume?.progress;
    for await (const page of exportBook(store, range, progress)) {
      progress = page.progress;
      await members.write(page.text, progress, page.done);
      const { from, to } = progress.header;
      onProgress?.(progress.revision - from + 1, to - from + 1);
    }
    await rm(resumePath(path), { force: true });
    const resumedAt = resume && resume.progress.revision + 1;
    return { ...(progress as ExportProgress), bytes: members.bytes, resumedAt };
  } finally {
    await file.close();
  }
}

/** Compresses texts while the next ones are read, and notes what is on disk. */
class MemberWriter {
  #text = '';
  #writing: Promise<void> = Promise.resolve();

  constructor(
    private readonly file: FileHandle,
    private readonly path: string,
    public bytes: number,
  ) {}

  async write(text: string, progress: ExportProgress, last: boolean): Promise<void> {
    this.#text += text;
    if (!last && this.#text.length < MEMBER_CHARACTERS) return;
    await this.#writing;
    const member = this.#text;
    this.#text = '';
    this.#writing = this.#append(member, progress);
    // Whoever writes next sees the failure; until then it must not be unhandled.
    this.#writing.catch(() => undefined);
    if (last) await this.#writing;
  }

  async #append(text: string, progress: ExportProgress): Promise<void> {
    const member = await gzipped(text, { level: LEVEL });
    await this.file.write(member, 0, member.length, this.bytes);
    await this.file.datasync();
    this.bytes += member.length;
    await writeWhole(resumePath(this.path), JSON.stringify({ bytes: this.bytes, progress } satisfies Resume));
  }
}

const resumePath = (path: string): string => `${path}.resume`;

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
  const { size } = (await stat(path).catch(absent)) ?? { size: 0 };
  if (size >= resume.bytes) return resume;
  throw new ExportImpossible(`${path} is shorter than ${resumePath(path)} says: remove both`);
}

function absent(error: unknown): undefined {
  if (errorCode(error) === 'ENOENT') return undefined;
  throw error;
}

function refuseExisting(path: string) {
  return (error: unknown): never => {
    const code = errorCode(error);
    if (code === 'EEXIST') throw new ExportImpossible(`${path} is there already: name another file`);
    if (code === 'ENOENT') throw new ExportImpossible(`there is no folder for ${path}`);
    throw error;
  };
}
