import { nodeProblem } from './node-version.js';

describe('the version of Node', () => {
  it.each(['24.0.0', '24.21.0', '26.1.0'])('%s is new enough', (version) =>
    expect(nodeProblem(version)).toBeUndefined(),
  );

  it.each(['8.17.0', '20.20.2', '23.11.1'])('%s is too old', (version) =>
    expect(nodeProblem(version)).toBe(`needs Node 24, this is ${version}`),
  );
});
