import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  checkpointsAt,
  key,
  linesOf,
  ORIGIN,
  releasedBook,
  storeOf,
  textsOf,
} from './export.fixture.spec.js';
import { exportToFile } from './export-file.js';
import { verifyExport } from './verify-export.js';

let folder: string;
beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), 'florin-export-'))));
afterAll(() => rm(folder, { recursive: true }));

const book = releasedBook(2);
const last = book.length - 1;
const keys = [key.verifier];

describe('an export', () => {
  it('is the header, each event as the text that it is known by, checkpoints where they belong, and the end', async () => {
    const notes = checkpointsAt(book, [10, book.length]);
    const file = join(folder, 'whole.gz');
    const exported = await exportToFile(await storeOf(book, notes), file, { ledger: 'it-eur' });
    const texts = textsOf(book);
    expect(linesOf(file)).toStrictEqual([
      `{"header":{"currency":"EUR","format":"florin-ledger-export/1","from":0,"ledger":"it-eur","origin":"${ORIGIN}","to":${last}}}`,
      ...texts.slice(0, 10),
      JSON.stringify({ checkpoint: notes[0]?.note }),
      ...texts.slice(10),
      JSON.stringify({ checkpoint: notes[1]?.note }),
      `{"end":{"checkpoints":2,"entries":${exported.entries},"events":${book.length},"hash":"${exported.hash}","revision":${last}}}`,
    ]);
    expect(exported).toMatchObject({ revision: last, checkpoints: 2, bytes: (await stat(file)).size });
    expect(await verifyExport([file], { keys })).toMatchObject({
      ...{ whole: true, events: book.length, entries: exported.entries, checkpoints: 2, finding: undefined },
      head: { revision: last, hash: exported.hash },
      signers: [`${key.name}+${key.id}`],
    });
  });
});
