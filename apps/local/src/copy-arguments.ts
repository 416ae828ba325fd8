import { parseArgs } from 'node:util';
import { WrongUse } from './launch-error.js';

export const copyUsage = `Usage:
  npm run backup -- --out <folder> [--with-keys] [--json]
                    the data of what npm start or npm run engines runs here, into an empty folder
  npm run restore -- --from <folder> [--data <folder>] [--json]
                    a backup into an empty data folder, FLORIN_DATA or .florin unless told another

  --with-keys       the secrets in keys/ too: whoever has them signs in the ledger's name. Keep them apart otherwise
  --json            the last line of the output is one object`;

/** Folders as they were given. */
export type CopyArguments =
  | { readonly command: 'backup'; readonly out: string; readonly withKeys: boolean; readonly json: boolean }
  | {
      readonly command: 'restore';
      readonly from: string;
      readonly data: string | undefined;
      readonly json: boolean;
    };

/** What a command line that begins with `backup` or `restore` asks for. Throws WrongUse where it makes no sense. */
export function parseCopyArguments([command, ...args]: readonly string[]): CopyArguments | 'help' {
  const common = {
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h' },
  } as const;
  try {
    if (command === 'backup') {
      const own = { out: { type: 'string' }, 'with-keys': { type: 'boolean', default: false } } as const;
      const { values } = parseArgs({ args, options: { ...common, ...own } });
      if (values.help) return 'help';
      const { json, 'with-keys': withKeys } = values;
      return { command, out: given(values.out, '--out'), withKeys, json };
    }
    const own = { from: { type: 'string' }, data: { type: 'string' } } as const;
    const { values } = parseArgs({ args, options: { ...common, ...own } });
    if (values.help) return 'help';
    return { command: 'restore', from: given(values.from, '--from'), data: values.data, json: values.json };
  } catch (cause) {
    throw new WrongUse(`${(cause as Error).message}\n${copyUsage}`, { cause });
  }
}

function given(value: string | undefined, name: string): string {
  if (value === undefined || value === '') throw new Error(`${name} <folder> is missing.`);
  return value;
}
