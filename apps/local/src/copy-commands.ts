import { backUp, type CopyProgress, type Manifest, restore } from '@florin/local-stack';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { type CopyArguments, copyUsage, parseCopyArguments } from './copy-arguments.js';
import { LaunchError } from './launch-error.js';
import { ProgressLine } from './terminal.js';

const progressEveryMs = 1_000;

/** What `stack.json` says of a stack that runs, as far as a backup needs it. */
const stackSchema = z.object({
  kafka: z.string(),
  eventStoreUrl: z.string(),
  databaseUrls: z.record(z.string(), z.string()),
});

/** `backup` or `restore`, over the data folder of this machine where no other is named. Resolves to what is to be printed. */
export async function runCopy(
  args: readonly string[],
  dataDir: string,
  signal: AbortSignal,
): Promise<string> {
  const asked = parseCopyArguments(args);
  if (asked === 'help') return `${copyUsage}\n`;
  const line = new ProgressLine();
  try {
    const { report, text } = await (asked.command === 'backup'
      ? runBackup(asked, dataDir, told(line), signal)
      : runRestore(asked, dataDir, told(line), signal));
    line.done();
    return asked.json ? `${JSON.stringify(report)}\n` : text;
  } finally {
    line.done();
  }
}

interface Outcome {
  readonly report: object;
  readonly text: string;
}

async function runBackup(
  { out: folder, withKeys }: Extract<CopyArguments, { command: 'backup' }>,
  dataDir: string,
  onProgress: (progress: CopyProgress) => void,
  signal: AbortSignal,
): Promise<Outcome> {
  const out = resolve(folder);
  const { eventStoreUrl, databaseUrls } = runningStack(dataDir);
  const manifest = await backUp({
    ...{ dataDir, out, withKeys, eventStoreUrl, databaseUrls },
    ...{ onProgress, signal },
  });
  const { keys, pausedMs } = manifest;
  const lines = [
    `${out} has ${sizeOf(manifest)}, as of ${manifest.takenAt}; what wanted to begin then waited for ${pausedMs} ms.`,
    ...(keys.included || keys.names.length === 0
      ? []
      : [
          `The keys are not in it, and whoever restores needs them: keep a copy of ${dataDir}/keys elsewhere.`,
        ]),
    `Try it: npm run restore -- --from ${out} --data <an empty folder>`,
  ];
  return { report: { out, ...reportOf(manifest), pausedMs, keys }, text: `${lines.join('\n')}\n` };
}

async function runRestore(
  { from, data }: Extract<CopyArguments, { command: 'restore' }>,
  usual: string,
  onProgress: (progress: CopyProgress) => void,
  signal: AbortSignal,
): Promise<Outcome> {
  const dataDir = data === undefined ? usual : resolve(data);
  const { manifest, missingKeys } = await restore({ from: resolve(from), dataDir, onProgress, signal });
  const verify = ['npm run audit -- verify', ...manifest.books.map(headOption)].join(' ');
  const lines = [
    `${dataDir} has ${sizeOf(manifest)}, as of ${manifest.takenAt}.`,
    ...(missingKeys.length === 0
      ? []
      : [
          `These keys were not in the backup: ${missingKeys.join(', ')}.`,
          `Put them into ${dataDir}/keys (for its owner alone) before the start, which makes new ones else; then nothing is signed ` +
            'in the ledger any more, and proofs of what is owed cannot be made again.',
        ]),
    `Start it: FLORIN_DATA=${dataDir} npm start`,
    `Then verify it: FLORIN_DATA=${dataDir} ${verify}`,
  ];
  return {
    report: { data: dataDir, ...reportOf(manifest), missingKeys, verify },
    text: `${lines.join('\n')}\n`,
  };
}

function runningStack(dataDir: string): z.infer<typeof stackSchema> {
  const file = join(dataDir, 'stack.json');
  if (!existsSync(file)) {
    throw new LaunchError(
      `Nothing runs over ${dataDir}: a backup is of what npm start or npm run engines runs.\n` +
        'Data of a stack that is stopped are copied as a folder.',
    );
  }
  const stack = stackSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  if (stack.kafka !== 'embedded')
    throw new LaunchError('The broker is an Apache Kafka: docs/backup.md says how its data are backed up.');
  return stack;
}

/** At most once a second. */
function told(line: ProgressLine): (progress: CopyProgress) => void {
  let last = Date.now();
  return ({ files, bytes }) => {
    if (Date.now() - last < progressEveryMs) return;
    last = Date.now();
    line.show(`Copied ${files} files, ${megabytes(bytes)}`);
  };
}

function reportOf({ takenAt, versions, books, files }: Manifest): object {
  return { takenAt, versions, books, files: files.length, bytes: bytesOf(files) };
}

function sizeOf({ files }: Manifest): string {
  return `${files.length} files (${megabytes(bytesOf(files))})`;
}

function bytesOf(files: Manifest['files']): number {
  return files.reduce((sum, { bytes }) => sum + bytes, 0);
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

function headOption({ ledger, revision, hash }: Manifest['books'][number]): string {
  return `--head ${ledger}:${revision}:${hash}`;
}
