import { parseCopyArguments } from './copy-arguments.js';
import { WrongUse } from './launch-error.js';

it('takes a backup without keys unless told otherwise', () => {
  const asked = { command: 'backup', out: 'a b', withKeys: false, json: false };
  expect(parseCopyArguments(['backup', '--out', 'a b'])).toEqual(asked);
  expect(parseCopyArguments(['backup', '--with-keys', '--out=a b', '--json'])).toEqual({
    ...asked,
    withKeys: true,
    json: true,
  });
});

it('restores into the usual folder unless told another', () => {
  const asked = { command: 'restore', from: 'a', data: undefined, json: false };
  expect(parseCopyArguments(['restore', '--from', 'a'])).toEqual(asked);
  expect(parseCopyArguments(['restore', '--from', 'a', '--data', 'b'])).toEqual({ ...asked, data: 'b' });
});

it.each([['backup'], ['restore']])('helps: %s', (command) => {
  expect(parseCopyArguments([command, '--help'])).toBe('help');
});

it.each([
  ['no folder to write', ['backup']],
  ['no folder to read', ['restore', '--data', 'b']],
  ['an empty name', ['backup', '--out', '']],
  ['an unknown option', ['backup', '--out', 'a', '--fast']],
  ['an option of the other', ['restore', '--from', 'a', '--with-keys']],
  ['words', ['restore', 'a']],
])('says how it is used for %s', (_, args) => {
  expect(() => parseCopyArguments(args)).toThrow(WrongUse);
  expect(() => parseCopyArguments(args)).toThrow(/npm run backup -- --out/);
});
