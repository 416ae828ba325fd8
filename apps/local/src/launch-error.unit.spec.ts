import { explain, LaunchError } from './launch-error.js';

it('says what to do about data of another user', () => {
  const denied = Object.assign(new Error('EACCES: permission denied'), {
    code: 'EACCES',
    path: '/data/ports.json',
  });
  expect(explain(denied)).toContain('May not use /data/ports.json (EACCES)');
  expect(explain(denied)).toContain('FLORIN_DATA=<folder> npm start');
});

it('passes on every other message', () => {
  expect(explain(new LaunchError('Port 7400 is in use.'))).toBe('Port 7400 is in use.');
  expect(explain('a string')).toBe('a string');
});
