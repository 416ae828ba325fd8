import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StoredRecord } from '@florin/ledger';
import { cosignNote, formatSignature, SignerKey } from '@florin/proofs';
import {
  checkpointsAt,
  inPages,
  key,
  linesOf,
  ORIGIN,
  otherKey,
  releasedBook,
  storeOf,
  textsOf,
  written,
} from './export.fixture.spec.js';
import { exportToFile, type ExportFileOptions } from './export-file.js';
import { verifyExport } from './verify-export.js';

let folder: string;
beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), 'florin-export-'))));
afterAll(() => rm(folder, { recursive: true }));

const ledger = 'it-eur';
const book = releasedBook(2);
const last = book.length - 1;
const notes = checkpointsAt(book, [10, book.length]);
const keys = [key.verifier];

let files = 0;
async function exported(options: Partial<ExportFileOptions> = {}, checkpoints = notes): Promise<string> {
  const file = join(folder, `${(files += 1)}.ndjson.gz`);
  await exportToFile(await storeOf(book, checkpoints), file, { ledger, ...options });
  return file;
}

const fileOf = (lines: readonly string[]): Promise<string> =>
  written(join(folder, `${(files += 1)}.ndjson`), lines);

describe('an export', () => {
  it('is the header, each event as the text that it is known by, checkpoints where they belong, and the end', async () => {
    const file = join(folder, 'whole.gz');
    const { entries, ...result } = await exportToFile(await storeOf(book, notes), file, { ledger });
    const texts = textsOf(book);
    expect(linesOf(file)).toStrictEqual([
      `{"header":{"currency":"EUR","format":"florin-ledger-export/1","from":0,"ledger":"it-eur","origin":"${ORIGIN}","to":${last}}}`,
      ...texts.slice(0, 10),
      JSON.stringify({ checkpoint: notes[0]?.note }),
      ...texts.slice(10),
      JSON.stringify({ checkpoint: notes[1]?.note }),
      `{"end":{"checkpoints":2,"entries":${entries},"events":${book.length},"hash":"${result.hash}","revision":${last}}}`,
    ]);
    expect(result).toMatchObject({ revision: last, checkpoints: 2, bytes: (await stat(file)).size });
    expect(await readdir(folder)).toStrictEqual(['whole.gz']);
    expect(await verifyExport([file], { keys })).toMatchObject({
      ...{ whole: true, events: book.length, entries, checkpoints: 2, finding: undefined },
      head: { revision: last, hash: result.hash },
      signers: [`${key.name}+${key.id}`],
    });
  });

  it('ends with the last checkpoint, unless it is told where', async () => {
    const [first] = notes;
    const signed = await exported({}, first === undefined ? [] : [first]);
    expect(await verifyExport([signed], { keys })).toMatchObject({
      head: { revision: 9 },
      finding: undefined,
    });

    const longer = await exported({ to: 12 });
    expect(await verifyExport([longer], { keys })).toMatchObject({
      head: { revision: 12 },
      finding: {
        ...{ line: 17, revision: 10, code: 'checkpoint_missing' },
        detail: 'no checkpoint covers the revisions 10 to 12: who wrote them is not shown',
      },
    });
    expect(await verifyExport([longer], { keys: undefined })).toMatchObject({
      finding: undefined,
      signers: [],
    });
  });

  it('holds what there is where nobody has signed anything', async () => {
    const file = await exported({}, []);
    expect(linesOf(file)[0]).toContain('"origin":null');
    expect(await verifyExport([file], { keys: undefined })).toMatchObject({
      events: book.length,
      finding: undefined,
    });
    expect((await verifyExport([file], { keys })).finding).toMatchObject({
      revision: 0,
      code: 'checkpoint_missing',
    });
  });

  it('goes on where it was interrupted, with the same lines', async () => {
    const whole = await exported();
    const file = join(folder, 'interrupted.gz');
    const store = await storeOf(book, notes);
    const options = { ledger, memberCharacters: 1_000 };
    await expect(exportToFile(inPages(store, 4, 3), file, options)).rejects.toThrow('the connection is lost');
    const partial = `${file}.partial`;
    expect((await verifyExport([partial], { keys })).finding).toMatchObject({ code: 'truncated' });
    await writeFile(partial, Buffer.concat([await readFile(partial), Buffer.from('half of a member')]));

    await expect(exportToFile(store, file, { ledger: 'br-brl' })).rejects.toThrow(
      'an interrupted export of it-eur',
    );
    const revisions: number[] = [];
    const onProgress = (done: number) => revisions.push(done);
    const { resumedAt } = await exportToFile(inPages(store, 4), file, { ...options, onProgress });
    expect(resumedAt).toBeGreaterThan(0);
    expect(revisions[0]).toBe((resumedAt ?? 0) + 4);
    expect(linesOf(file)).toStrictEqual(linesOf(whole));
    await expect(exportToFile(store, file, options)).rejects.toThrow(
      `${file} is there already: name another file`,
    );
  });

  it('that was interrupted after its last line only gets its name', async () => {
    const file = join(folder, 'unnamed.gz');
    const store = await storeOf(book, notes);
    // A folder in its place: the file cannot get its name.
    const onProgress = () => mkdirSync(file, { recursive: true });
    await expect(exportToFile(store, file, { ledger, onProgress })).rejects.toThrow(file);
    await rmdir(file);
    const { bytes, resumedAt } = await exportToFile(store, file, { ledger });
    expect(resumedAt).toBe(book.length);
    expect((await stat(file)).size).toBe(bytes);
    expect(linesOf(file)).toStrictEqual(linesOf(await exported()));
    expect((await verifyExport([file], { keys })).finding).toBeUndefined();
    await expect(stat(`${file}.resume`)).rejects.toThrow('ENOENT');
  });

  it('may begin while the book grows and is signed', async () => {
    const store = await storeOf(book.slice(0, 10), notes.slice(0, 1));
    const whole = await storeOf(book, notes);
    let reads = 0;
    const growing: typeof store.read = (...args) => (reads++ === 0 ? store : whole).read(...args);
    const file = join(folder, 'growing.gz');
    await exportToFile({ read: growing }, file, { ledger });
    expect(await verifyExport([file], { keys })).toMatchObject({ head: { revision: 9 }, finding: undefined });
  });

  it('is refused where the book is not the one that it goes on with, or its chain is broken', async () => {
    const file = join(folder, 'other.gz');
    await expect(
      exportToFile(inPages(await storeOf(book, notes), 4, 3), file, { ledger, memberCharacters: 1 }),
    ).rejects.toThrow('the connection is lost');
    const other = book.map((record, at) =>
      at < 12 ? record : { ...record, metadata: { ...(record.metadata as object), prev: 'x' } },
    );
    await expect(exportToFile(await storeOf(other, notes), file, { ledger })).rejects.toMatchObject({
      code: 'chain_broken',
    });
    const flipped = book.with(6, {
      ...(book[6] as StoredRecord),
      data: { ...(book[6]?.data as object), amount: 1 },
    });
    await expect(
      exportToFile(await storeOf(flipped), join(folder, 'flipped.gz'), { ledger }),
    ).rejects.toMatchObject({
      code: 'hash_mismatch',
      message: expect.stringMatching(/^revision 6 was sealed as "f4d1cd20.*, but its hash is /),
    });
    await expect(exportToFile(await storeOf([]), join(folder, 'none.gz'), { ledger })).rejects.toThrow(
      'the event store holds no event of it-eur',
    );
    await expect(
      exportToFile(await storeOf(book), join(folder, 'none.gz'), { ledger, from: 5, to: 99 }),
    ).rejects.toThrow(`it-eur has the revisions 0 to ${last}, not 5 to 99`);
  });
});

describe('parts of an export', () => {
  it('are one ledger together, in order, and each alone shows what was signed for', async () => {
    const parts = [
      await exported({ to: 9 }),
      await exported({ from: 10, to: 14 }),
      await exported({ from: 15 }),
    ];
    const [first = '', second = '', third = ''] = parts;
    expect(await verifyExport(parts, { keys })).toMatchObject({
      ...{ whole: true, events: book.length, accounts: 6, checkpoints: 2, finding: undefined },
    });
    expect(await verifyExport([third], { keys })).toMatchObject({
      whole: false,
      checkpoints: 1,
      finding: undefined,
    });

    const gap = { line: 1, code: 'part_gap' };
    expect((await verifyExport([first, third], { keys })).finding).toMatchObject({ ...gap, file: third });
    expect((await verifyExport([first, first], { keys })).finding).toMatchObject({ ...gap, file: first });
    expect((await verifyExport([first, second], { keys })).finding).toMatchObject({
      ...{ revision: 10, code: 'checkpoint_missing' },
    });
  });

  it('show every change: of what came before, too', async () => {
    const lines = linesOf(await exported({ from: 10 }));
    const [header = '', ...rest] = lines;
    const other = createHash('sha256').digest('hex');
    const { before } = (JSON.parse(header) as { header: { before: { hash: string; roots: string[] } } })
      .header;
    const codes = async (changed: readonly string[]) =>
      (await verifyExport([await fileOf(changed)], { keys })).finding?.code;
    expect(await codes(lines)).toBeUndefined();
    expect(await codes([header.replace(before.roots[1] ?? '', other), ...rest])).toBe('root_differs');
    expect(await codes([header.replace(before.hash, other), ...rest])).toBe('chain_broken');
    expect(await codes([header.replace('"from":10', '"from":12'), ...rest])).toBe('revision_gap');
    expect(await codes([header.replace('"from":10', '"from":11'), ...rest])).toBe('header_malformed');
    expect(await codes([header, textsOf(book)[0] ?? '', ...rest.slice(1)])).toBe('revision_gap');
  });
});

describe('who signed an export', () => {
  const [note = { note: '', size: 0 }] = checkpointsAt(book, [book.length]);

  it('may have changed the key: all of them are to be given', async () => {
    const rotated = [...checkpointsAt(book, [10], otherKey), note];
    const file = await exported({}, rotated);
    expect((await verifyExport([file], { keys })).finding).toMatchObject({
      line: 12,
      code: 'checkpoint_unsigned',
    });
    const both = [key.verifier, otherKey.verifier];
    expect(await verifyExport([file], { keys: both })).toMatchObject({ checkpoints: 2, finding: undefined });
  });

  it('is the ledger, and a witness beside it: a wrong signature of a known key is found', async () => {
    const witness = new SignerKey('witness.example', 'cosignature/v1', Buffer.alloc(32, 9));
    const text = note.note.slice(0, note.note.lastIndexOf('\n\n') + 1);
    const cosigned = (of: string) => `${note.note}${formatSignature(cosignNote(of, witness, 1_795_000_000))}`;
    const fileWith = (with_: string) => exported({}, [{ ...note, note: with_ }]);
    const all = [key.verifier, witness.verifier];
    expect((await verifyExport([await fileWith(cosigned(text))], { keys: all })).signers).toHaveLength(2);
    expect(
      (await verifyExport([await fileWith(cosigned(`${text}x\n`))], { keys: all })).finding,
    ).toMatchObject({
      code: 'signature_invalid',
    });
    expect(
      (await verifyExport([await fileWith(cosigned(text))], { keys: [witness.verifier] })).finding,
    ).toMatchObject({ code: 'checkpoint_unsigned', detail: `no known key of ${ORIGIN} has signed` });
  });
});
