import { existsSync, globSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * Gives every project under apps/ and libs/ the same targets, so that a package.json holds only a name and tags.
 * A test target exists only where there are tests of that level; so `nx run-many -t int` starts nothing in vain.
 */
export const createNodesV2 = [
  '{apps,libs}/*/package.json',
  (files, _options, context) =>
    files.map((file) => {
      const root = dirname(file);
      const path = join(context.workspaceRoot, root);
      if (!existsSync(join(path, 'src'))) return [file, {}];
      return [file, { projects: { [root]: { targets: targetsFor(path, root) } } }];
    }),
];

export const createNodes = createNodesV2;

function targetsFor(path, root) {
  const targets = { build: {}, typecheck: {}, lint: {} };
  for (const level of ['unit', 'int', 'e2e']) {
    if (globSync(`src/**/*.${level}.spec.ts`, { cwd: path }).length === 0) continue;
    // The report is an output, so that the test summary counts what the cache answered too.
    const report = `{workspaceRoot}/.florin/test-reports/${root.replace('/', '-')}.${level}.json`;
    targets[level] = { outputs: [report] };
  }
  return targets;
}
