import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { catchPlanted } from './mutation/planted.mjs';

/**
 * `npm run mutation [-- <arguments of Stryker>]`: faults that Stryker puts into the ledger, against its unit specs.
 * `npm run mutation -- --planted [words]`: the faults of docs/testing.md, or those whose names hold all the words.
 */
const root = fileURLToPath(new URL('..', import.meta.url));
const args = process.argv.slice(2);

if (args[0] === '--planted') {
  process.exitCode = await catchPlanted(root, args.slice(1));
} else {
  const stryker = join(root, 'node_modules/@stryker-mutator/core/bin/stryker.js');
  const command = [stryker, 'run', 'tools/mutation/stryker.config.mjs', ...args];
  process.exitCode = spawnSync(process.execPath, command, { cwd: root, stdio: 'inherit' }).status ?? 1;
}
