import { EventEmitter } from 'node:events';
import { z } from 'zod';
import { commandLine, instantIn, commandLineConfig, outliveReader, WrongUse } from './command-line.js';
import { integerText } from './config.js';

describe('a command line', () => {
  const options = { count: { type: 'string' }, json: { type: 'boolean' } } as const;

  it('has words and options', () => {
    const { positionals, values } = commandLine(['verify', '--count', '3'], options);
    expect([positionals, values.count, values.json]).toEqual([['verify'], '3', undefined]);
  });

  it.each([
    [['--fast'], "Unknown option '--fast'"],
    [['--count'], "Option '--count <value>' argument missing"],
    [['--json=yes'], "Option '--json' does not take an argument"],
  ])('%j is wrong use', (args, message) => {
    expect(() => commandLine(args, options)).toThrow(WrongUse);
    expect(() => commandLine(args, options)).toThrow(message);
  });
});

describe('an instant', () => {
  it.each([
    ['2026-12-01T18:00:00Z', '2026-12-01T18:00:00.000Z'],
    ['2026-12-01T18:00Z', '2026-12-01T18:00:00.000Z'],
    ['2026-12-01T18:00:00.5+02:00', '2026-12-01T16:00:00.500Z'],
    ['2024-02-29T00:00-03:00', '2024-02-29T03:00:00.000Z'],
  ])('%s is %s', (text, instant) => {
    expect(new Date(instantIn(text) ?? Number.NaN).toISOString()).toBe(instant);
  });

  it.each([
    '7',
    '12/01/2026',
    '2026-12-01',
    '2026-12-01T18:00',
    '2026-11-31T00:00:00Z',
    '2026-02-29T00:00:00Z',
    '',
  ])('is not "%s"', (text) => expect(instantIn(text)).toBeUndefined());
});

describe('the environment of a command line', () => {
  const schema = z.object({ COUNT: integerText(1, 9) });

  it('is checked as that of a service, and wrong use where it is wrong', () => {
    expect(commandLineConfig(schema, { COUNT: '3' })).toEqual({ COUNT: 3 });
    expect(() => commandLineConfig(schema, { COUNT: '10' })).toThrow(WrongUse);
    expect(() => commandLineConfig(schema, { COUNT: '10' })).toThrow(
      'COUNT: must be a whole number from 1 to 9',
    );
  });
});

describe('what a program prints', () => {
  const failing = (code: string) => Object.assign(new Error(code), { code });

  it('may lose its reader', () => {
    const stream = new EventEmitter();
    let gone = 0;
    outliveReader(stream, () => gone++);
    stream.emit('error', failing('EPIPE'));
    expect(gone).toBe(1);
    expect(() => stream.emit('error', failing('ENOSPC'))).toThrow('ENOSPC');
  });
});
