import { postgresMajor } from '@florin/embedded';
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { machine } from './back-up.js';
import { CopyTo } from './files.js';
import { contentOf, type Manifest, readManifest, writeManifest } from './manifest.js';
import { restore } from './restore.js';

const contents = {
  'engines/event-store/acknowledged': '0000000000000000 00000000\n',
  'engines/event-store/0000000000000000.segment': 'x'.repeat(3_000_000),
  'engines/kafka/topics.journal': '',
  'keys/otp-pepper': 'secret',
};
const segment = 'engines/event-store/0000000000000000.segment';

let folder: string;
let from: string;
let dataDir: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'florin restore '));
  from = join(folder, 'copy');
  dataDir = join(folder, 'data');
  await makeBackup();
});
afterEach(() => rm(folder, { recursive: true }));

async function makeBackup(changes: Partial<Manifest> = {}): Promise<void> {
  const to = new CopyTo(contentOf(from), () => undefined);
  for (const [path, text] of Object.entries(contents))
    await to.write(path, Readable.from([Buffer.from(text)]));
  await writeManifest(from, {
    ...{ format: 1, takenAt: '2026-10-31T23:00:00.000Z', pausedMs: 5, machine: machine() },
    versions: { florin: '0.1.0', node: 'v24.0.0', postgres: '18.4' },
    postgresMajor: postgresMajor(),
    books: [{ ledger: 'it-eur', revision: 7, hash: 'a'.repeat(64) }],
    keys: { included: true, names: ['otp-pepper'] },
    folders: ['engines/postgres/cluster/pg_notify'],
    files: to.written,
    ...changes,
  });
}

async function remade(changes: Partial<Manifest>): Promise<void> {
  await rm(from, { recursive: true });
  await makeBackup(changes);
}

async function refused(message: string): Promise<void> {
  await expect(restore({ from, dataDir })).rejects.toThrow(message);
  const left = await readdir(dataDir).catch(() => []);
  expect(left).toEqual([]);
}

it('makes the same files, for their owner alone, and the folders that are empty', async () => {
  const { manifest, missingKeys } = await restore({ from, dataDir });
  expect(missingKeys).toEqual([]);
  expect(manifest.books).toEqual([{ ledger: 'it-eur', revision: 7, hash: 'a'.repeat(64) }]);
  for (const [path, text] of Object.entries(contents)) {
    expect(await readFile(join(dataDir, path), 'utf8')).toBe(text);
    expect((await stat(join(dataDir, path))).mode & 0o777).toBe(0o600);
  }
  expect((await stat(join(dataDir, 'engines/postgres/cluster/pg_notify'))).mode & 0o777).toBe(0o700);
  expect((await readdir(dataDir)).sort()).toEqual(['engines', 'keys']);
});

it('says which keys are missing', async () => {
  await remade({ keys: { included: false, names: ['ledger-signing-key', 'otp-pepper'] } });
  const { missingKeys } = await restore({ from, dataDir });
  expect(missingKeys).toEqual(['ledger-signing-key', 'otp-pepper']);
});

it('refuses a folder that has something in it, and leaves that alone', async () => {
  await mkdir(dataDir);
  await writeFile(join(dataDir, 'mine'), 'text');
  await expect(restore({ from, dataDir })).rejects.toThrow('is not empty');
  expect(await readdir(dataDir)).toEqual(['mine']);
});

describe('damage', () => {
  it.each([0, 1_500_000, 2_999_999])('one flipped bit at byte %i', async (at) => {
    const path = join(contentOf(from), segment);
    const bytes = await readFile(path);
    bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
    await writeFile(path, bytes);
    await refused(`${segment} is not as it was written`);
  });

  it('a file that is shorter', async () => {
    await writeFile(join(contentOf(from), segment), 'x'.repeat(2_999_999));
    await refused(`${segment} is not as it was written`);
  });

  it('a file that is missing', async () => {
    await rm(join(contentOf(from), 'engines/kafka/topics.journal'));
    await refused('engines/kafka/topics.journal is missing');
  });

  it('all files missing', async () => {
    await rm(contentOf(from), { recursive: true });
    await refused('is missing');
  });

  it('a file that nobody wrote', async () => {
    await cp(join(contentOf(from), segment), join(contentOf(from), 'engines/event-store/1.segment'));
    await refused('engines/event-store/1.segment is not in the manifest');
  });

  it('a manifest in which something was changed', async () => {
    const path = join(from, 'manifest.json');
    await writeFile(path, (await readFile(path, 'utf8')).replace('"revision": 7', '"revision": 8'));
    await refused('the backup is damaged');
  });

  it('half a manifest', async () => {
    const path = join(from, 'manifest.json');
    await writeFile(path, (await readFile(path, 'utf8')).slice(0, -40));
    await refused('the backup is damaged');
  });
});

describe('what does not fit', () => {
  it('a backup that was broken off, which has no manifest', async () => {
    await rename(join(from, 'manifest.json'), join(from, 'manifest.json.new'));
    await refused('this is no backup, or one that was broken off');
  });

  it('a newer format', async () => {
    const path = join(from, 'manifest.json');
    await writeFile(path, (await readFile(path, 'utf8')).replace('"format": 1', '"format": 2'));
    await refused('is a backup of format 2, and this program knows 1: use a newer one');
  });

  it('another kind of machine', async () => {
    await remade({ machine: 'amiga-m68k' });
    await refused('of the kind amiga-m68k');
  });

  it('another major version of PostgreSQL', async () => {
    await remade({ postgresMajor: 9 });
    await refused('The backup is of PostgreSQL 9');
  });

  it.each(['../outside', '/etc/passwd', 'a/../../b', 'a//b', 'a/./b', ''])('the path "%s"', async (path) => {
    const manifest = await readManifest(from);
    await rm(join(from, 'manifest.json'));
    const files = [{ path, bytes: 0, sha256: 'a'.repeat(64) }];
    await expect(writeManifest(from, { ...manifest, files })).rejects.toThrow('not a path below');
    // Whoever writes the manifest by hand can make its sum fit.
    await writeFile(join(from, 'manifest.json'), JSON.stringify({ manifest: { ...manifest, files } }));
    await refused('is no manifest of a backup');
  });

  it('is broken off without a trace', async () => {
    const controller = new AbortController();
    const onProgress = () => controller.abort(new Error('broken off'));
    const running = restore({ from, dataDir, signal: controller.signal, onProgress });
    await expect(running).rejects.toThrow('broken off');
    expect(await readdir(dataDir)).toEqual([]);
  });
});
