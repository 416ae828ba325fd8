import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Notice } from './recovery.js';

const journals = ['cluster.journal', 'topics.journal', 'groups.journal', 'offsets.journal'];

/**
 * Whether there are logs, beside which all journals have to be: were one begun anew, topics would be unknown, groups would read
 * everything again, or producers would be given ids that others have had.
 *
 * @throws Error naming a journal that is missing beside logs.
 */
export function hasLogs(dataDir: string, notice: Notice): boolean {
  const logs = join(dataDir, 'logs');
  if (!existsSync(logs) || readdirSync(logs).length === 0) return false;
  for (const path of journals.map((name) => join(dataDir, name))) {
    if (!existsSync(path)) throw lostJournal(path, 'is missing beside its logs');
  }
  const offsets = join(dataDir, 'offsets.journal');
  if (statSync(offsets).size === 0) notice(`${offsets} is empty: what groups had committed is gone`);
  return true;
}

export function lostJournal(path: string, what: string): Error {
  return new Error(
    `${path} ${what}. ` +
      'Restore the whole data folder from a copy, or move it away to begin with an empty broker.',
  );
}
