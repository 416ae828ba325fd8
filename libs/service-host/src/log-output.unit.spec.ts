import { jest } from '@jest/globals';
import { LogOutput } from './log-output.js';

const noFile = -1;
const line = `${'x'.repeat(1024 * 1024 - 1)}\n`;

describe('LogOutput', () => {
  let fails: string | undefined;
  let text: string;
  let tries: number;
  let output: LogOutput;

  beforeEach(() => {
    jest.useFakeTimers();
    fails = undefined;
    text = '';
    tries = 0;
    output = new LogOutput(noFile, (_fd, bytes, done) => {
      tries += 1;
      if (fails !== undefined) return done(Object.assign(new Error(fails), { code: fails }), 0);
      // A pipe takes a part at a time.
      const part = bytes.subarray(0, 600_000);
      text += part.toString();
      done(null, part.length);
    });
  });

  afterEach(() => jest.useRealTimers());

  it('writes lines together, in order and whole', async () => {
    output.write('one\n');
    output.write('two\n');
    expect(text).toBe('');
    jest.advanceTimersByTime(250);
    output.write(line);
    expect(await output.written(1_000)).toBe(true);
    expect(text).toBe(`one\ntwo\n${line}`);
  });

  it.each([
    ['EAGAIN', 20],
    ['ENOSPC', 1_000],
  ])('tries again after %s', async (code, ms) => {
    fails = code;
    output.write('one\n');
    jest.advanceTimersByTime(250);
    output.write('two\n');
    expect([text, tries]).toEqual(['', 1]);
    fails = undefined;
    jest.advanceTimersByTime(ms);
    expect(await output.written(1_000)).toBe(true);
    expect(text).toBe('one\ntwo\n');
  });

  it('keeps so many lines while it cannot write, and says how many were lost', async () => {
    fails = 'ENOSPC';
    for (let n = 0; n < 12; n += 1) output.write(line);
    fails = undefined;
    jest.advanceTimersByTime(1_000);
    output.write('after\n');
    expect(await output.written(1_000)).toBe(true);
    // One was on its way and eight waited.
    const [told, after] = text.slice(9 * line.length).split('\n');
    expect(JSON.parse(told!)).toMatchObject({ level: 'warn', msg: '3 lines lost' });
    expect(after).toBe('after');
  });

  it('gives up when its reader is gone', async () => {
    fails = 'EPIPE';
    output.write(line);
    fails = undefined;
    output.write(line);
    expect(await output.written(1_000)).toBe(true);
    expect([text, tries]).toEqual(['', 1]);
  });
});
