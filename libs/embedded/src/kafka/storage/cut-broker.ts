import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Cut } from '../../backup/cut.js';

const attempts = 20;
const besideSegments = /^(acknowledged|start-offset|\d{20}\.producers\.json)$/;
const segment = /^\d{20}\.log$/;

/** How far consumer groups have come at this instant, of a broker that runs: to be taken before the logs, and before what the consumers made of them. */
export function cutOffsets(dataDir: string): Cut {
  const cut = new Cut(dataDir);
  for (const name of ['offsets.journal', 'groups.journal']) {
    if (cut.take(name) !== undefined) continue;
    cut.close();
    throw new Error(`${join(dataDir, name)} is missing: no broker runs over this folder.`);
  }
  return cut;
}

/**
 * Topics and logs at this instant, of a broker that runs: whatever was acknowledged before is in it. It may end with a batch that is being written, which
 * a broker cuts when it starts, as after a crash. What topics there are and which producer ids are given away fit the logs; taken again where
 * topics were made or deleted, or segments outlived their retention, meanwhile.
 */
export function cutLogs(dataDir: string): Cut {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const cut = new Cut(dataDir);
    try {
      if (takeLogs(cut, dataDir)) return cut;
    } catch (error) {
      cut.close();
      throw error;
    }
    cut.close();
  }
  throw new Error(`The topics in ${dataDir} change all the time.`);
}

/** False when something went in between. */
function takeLogs(cut: Cut, dataDir: string): boolean {
  const topics = cut.take('topics.journal');
  for (const folder of readdirSync(join(dataDir, 'logs'))) {
    if (!takePartition(cut, dataDir, `logs/${folder}`)) return false;
  }
  // After the logs: no batch has a producer id that was given away later.
  if (topics === undefined || cut.take('cluster.journal') === undefined) return false;
  const now = statSync(join(dataDir, 'topics.journal'));
  return now.ino === topics.inode && now.size === topics.bytes;
}

function takePartition(cut: Cut, dataDir: string, folder: string): boolean {
  const names = namesIn(join(dataDir, folder));
  if (names === undefined) return false;
  // First what says how far the log has come: the log must not end before that.
  for (const name of names.filter((name) => besideSegments.test(name))) cut.take(`${folder}/${name}`);
  return names
    .filter((name) => segment.test(name))
    .sort()
    .every((name) => cut.take(`${folder}/${name}`) !== undefined);
}

function namesIn(folder: string): string[] | undefined {
  try {
    return readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
