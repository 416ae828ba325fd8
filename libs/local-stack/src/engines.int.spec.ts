import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEngines } from './engines.js';

it('starts nothing when the start was broken off before', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'florin-engines-'));
  const ports = { postgres: 0, eventStore: 0, kafka: 0 };
  const signal = AbortSignal.abort(new Error('broken off'));
  await expect(startEngines({ dataDir, ports, signal })).rejects.toThrow('broken off');
  expect(existsSync(join(dataDir, 'logs'))).toBe(false);
  rmSync(dataDir, { recursive: true });
});
