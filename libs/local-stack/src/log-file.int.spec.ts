import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { capLog, logTail } from './log-file.js';

const folder = mkdtempSync(join(tmpdir(), 'florin-logs-'));
const file = join(folder, 'service.log');
afterAll(() => rmSync(folder, { recursive: true }));

it('shortens a log that grew too long to whole last lines, and leaves a short one alone', () => {
  writeFileSync(file, 'short\n');
  capLog(file);
  expect(readFileSync(file, 'utf8')).toBe('short\n');

  writeFileSync(file, `${'x'.repeat(99)}\n`.repeat(350_000));
  appendFileSync(file, 'the last line\n');
  capLog(file);
  expect(statSync(file).size).toBeLessThanOrEqual(1024 * 1024);
  expect(readFileSync(file, 'utf8')).toMatch(/^x{99}\n[^]*\nthe last line\n$/);
});

it('reads the end of a log from the beginning of a line', () => {
  writeFileSync(file, 'one\ntwo\nthree\n');
  expect(logTail(file, 1000)).toBe('one\ntwo\nthree\n');
  expect(logTail(file, 9)).toBe('three\n');
  expect(logTail(join(folder, 'none.log'), 10)).toBe('');
});
