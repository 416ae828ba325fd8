import { parseArguments } from './arguments.js';
import { WrongUse } from './launch-error.js';

it('takes the embedded broker unless told otherwise', () => {
  expect(parseArguments(['start'])).toEqual({ command: 'start', kafka: 'embedded' });
  expect(parseArguments(['engines', '--kafka', 'apache'])).toEqual({ command: 'engines', kafka: 'apache' });
});

it.each([['--help'], ['-h']])('helps: %s', (option) => {
  expect(parseArguments(['engines', option])).toBe('help');
});

it.each([
  ['no command', []],
  ['an unknown command', ['stop']],
  ['more than one', ['start', 'engines']],
  ['an unknown option', ['start', '--rabbit']],
  ['an unknown broker', ['engines', '--kafka', 'franz']],
])('says how it is used for %s', (_, args) => {
  expect(() => parseArguments(args)).toThrow(WrongUse);
  expect(() => parseArguments(args)).toThrow(/Usage:[^]*embedded, apache, apache-secured/);
});
