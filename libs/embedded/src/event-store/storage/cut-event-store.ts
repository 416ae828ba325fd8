import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { Cut } from '../../backup/cut.js';
import { markedPosition, markPath } from './acknowledged-mark.js';
import { segmentBase, segmentName } from './log-format.js';

const markAttempts = 1_000;

/**
 * An event store's log while the store runs, up to what is acknowledged at this instant: whatever anybody has been told is in it, and it ends with a
 * whole record. Nothing is ever removed from this log, so that the copy may take its time.
 * Throws where there is no mark, as over a folder that no store has opened.
 */
export function cutEventStore(dataDir: string): Cut {
  const mark = readMark(dataDir);
  const cut = new Cut(dataDir);
  try {
    cut.add('acknowledged', mark.text);
    const bases = readdirSync(dataDir)
      .map(segmentBase)
      .filter((base) => base !== undefined && base < mark.position)
      .map(Number)
      .sort((a, b) => a - b);
    for (const [index, base] of bases.entries()) {
      const end = bases[index + 1] ?? mark.position;
      const taken = cut.take(segmentName(base), end - base);
      if (taken === undefined) throw new Error(`${segmentName(base)} is gone from ${dataDir}.`);
    }
    return cut;
  } catch (error) {
    cut.close();
    throw error;
  }
}

/** It is written in place: what is read in that very moment is neither the old nor the new one. */
function readMark(dataDir: string): { readonly text: string; readonly position: number } {
  const path = markPath(dataDir);
  if (!existsSync(path)) throw new Error(`${path} is missing: no event store runs over this folder.`);
  for (let attempt = 0; attempt < markAttempts; attempt += 1) {
    const text = readFileSync(path, 'latin1');
    const position = markedPosition(text);
    if (position !== undefined) return { text, position };
  }
  throw new Error(`${path} cannot be read: is it damaged?`);
}
