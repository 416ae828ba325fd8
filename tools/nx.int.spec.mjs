import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import ts from 'typescript';
import { workspaceRoot } from './eslint/imports.mjs';

/** Runs Nx in a workspace, whatever Nx this spec itself runs under. */
function nx(cwd, ...args) {
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('NX_'));
  const env = {
    ...Object.fromEntries(own),
    NX_DAEMON: 'false',
    NX_TUI: 'false',
    NO_COLOR: '1',
    FORCE_COLOR: '0',
  };
  return execFileSync(process.execPath, [join(cwd, 'node_modules/nx/dist/bin/nx.js'), ...args], {
    cwd,
    env,
    encoding: 'utf8',
  });
}

/** Projects whose tests hold the sources of all against something: those sources are inputs of theirs. */
const readers = ['@florin/docs', '@florin/e2e', 'tools'];

describe('nx affected', () => {
  it.each(['ledger', 'contracts'])('a change in libs/%s affects its dependants and nobody else', (lib) => {
    const shown = nx(
      workspaceRoot,
      'show',
      'projects',
      '--affected',
      `--files=libs/${lib}/src/index.ts`,
      '--json',
    );
    expect(JSON.parse(shown).sort()).toEqual(
      [...new Set([...dependantsOf(`@florin/${lib}`), ...readers])].sort(),
    );
  });
});

/** A project and all that reach it over imports, read from the sources and not from Nx. */
function dependantsOf(name) {
  const imports = new Map(
    globSync('{apps,libs}/*', { cwd: workspaceRoot }).map((folder) => [
      `@florin/${folder.split(/[\\/]/).at(-1)}`,
      globSync(`${folder}/src/**/*.ts`, { cwd: workspaceRoot }).flatMap((file) =>
        ts
          .preProcessFile(readFileSync(join(workspaceRoot, file), 'utf8'))
          .importedFiles.map(({ fileName }) => fileName),
      ),
    ]),
  );
  const found = new Set([name]);
  for (const one of found) {
    for (const [project, names] of imports) if (names.includes(one)) found.add(project);
  }
  return found;
}

describe('the cache of nx', () => {
  let workspace;

  beforeAll(() => {
    workspace = mkdtempSync(join(tmpdir(), 'florin-nx-'));
    for (const file of [
      'nx.json',
      'jest.config.mjs',
      '.swcrc',
      'tsconfig.base.json',
      'package-lock.json',
      'tools',
    ]) {
      cpSync(join(workspaceRoot, file), join(workspace, file), { recursive: true });
    }
    rmSync(join(workspace, 'tools/project.json'));
    symlinkSync(join(workspaceRoot, 'node_modules'), join(workspace, 'node_modules'));
    write('package.json', JSON.stringify({ name: 'workspace', private: true, workspaces: ['libs/*'] }));
    project('base', 'export interface Base { readonly id: string }');
    project(
      'reader',
      `import type { Base } from '@nx-spec/base';\nexport const idOf = (base: Base) => base.id;`,
    );
  });

  afterAll(() => rmSync(workspace, { recursive: true, force: true }));

  it('answers a second run, and runs what a change reaches', () => {
    expect(cachedUnits()).toEqual([]);
    expect(cachedUnits()).toEqual(['base', 'reader']);

    appendFileSync(join(workspace, 'libs/base/src/index.unit.spec.ts'), '// a change of a spec\n');
    expect(cachedUnits()).toEqual(['reader']);

    appendFileSync(join(workspace, 'libs/base/src/index.ts'), '// a change of a source\n');
    expect(cachedUnits()).toEqual([]);
  });

  /** The projects whose unit tests the cache answered. */
  function cachedUnits() {
    const output = nx(workspace, 'run-many', '-t', 'unit', '--outputStyle=static');
    const cached = output.matchAll(
      /@nx-spec\/(\w+):unit\s+\[(?:local cache|existing outputs match the cache)/g,
    );
    return [...cached].map(([, name]) => name).sort();
  }

  function project(name, source) {
    const exports = { '.': { '@florin/source': './src/index.ts', default: './dist/index.js' } };
    write(`libs/${name}/package.json`, JSON.stringify({ name: `@nx-spec/${name}`, type: 'module', exports }));
    write(`libs/${name}/src/index.ts`, `${source}\n`);
    write(
      `libs/${name}/src/index.unit.spec.ts`,
      `it('loads', async () => void (await import('./index.js')));\n`,
    );
  }

  function write(file, text) {
    mkdirSync(dirname(join(workspace, file)), { recursive: true });
    writeFileSync(join(workspace, file), text);
  }
});
