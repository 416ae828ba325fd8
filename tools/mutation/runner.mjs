import { globSync, readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { basename, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { declareClassPlugin, PluginKind } from '@stryker-mutator/api/plugin';
import { determineHitLimitReached, toMutantRunResult } from '@stryker-mutator/api/test-runner';
import { transformSync } from '@swc/core';
import { expect } from 'expect';
import fc from 'fast-check';
import { bind } from 'jest-each';

/**
 * Runs the ledger's unit specs for Stryker, all in one process: a mutant takes some 50 ms, where Jest takes three seconds. Every
 * mutant gets the whole ledger anew, so that nothing that it broke outlives it. Stryker starts it in its copy of the tree.
 */
const sources = () => join(process.cwd(), 'libs/ledger/src');
const context = (globalThis.__stryker__ ??= {});
const SEPARATOR = ' > ';

class InProcessRunner {
  static inject = [];
  #copy = 0;

  init() {
    // The same examples for every mutant and in every run, so that a score can be had again; the smallest is of no interest.
    fc.configureGlobal({ seed: 20_261_121, endOnFailure: true });
    loadTypeScript(() => this.#copy);
  }

  capabilities() {
    return { reloadEnvironment: true };
  }

  async dryRun() {
    const tests = await this.#run(specFiles(), undefined, false);
    return { ...tests, mutantCoverage: context.mutantCoverage };
  }

  async mutantRun({ activeMutant, testFilter, hitLimit, disableBail }) {
    const wanted = testFilter && new Set(testFilter);
    const files = wanted && new Set(testFilter.map((id) => id.split(SEPARATOR, 1)[0]));
    context.hitLimit = hitLimit;
    context.hitCount = hitLimit === undefined ? undefined : 0;
    context.activeMutant = activeMutant.id;
    try {
      const specs = specFiles(basename(activeMutant.fileName, '.ts')).filter(
        (file) => files?.has(nameOf(file)) ?? true,
      );
      const result = await this.#run(specs, wanted, !disableBail);
      return toMutantRunResult(determineHitLimitReached(context.hitCount, hitLimit) ?? result, disableBail);
    } finally {
      context.activeMutant = undefined;
    }
  }

  /** Runs the tests of some files, of those only the `wanted`, up to the first that fails if told to `bail`. */
  async #run(files, wanted, bail) {
    this.#copy += 1;
    const results = [];
    try {
      for (const file of files) {
        for (const test of await testsOf(file)) {
          if (wanted?.has(test.id) === false) continue;
          results.push(await resultOf(test));
          if (bail && results.at(-1).status === FAILED) return { status: 'complete', tests: results };
        }
      }
      return { status: 'complete', tests: results };
    } catch (error) {
      // A file that cannot even be loaded: not a mutant that a test can meet.
      return { status: 'error', errorMessage: String(error?.stack ?? error) };
    }
  }
}

const [PASSED, FAILED] = [0, 1];

async function resultOf({ id, body }) {
  const start = performance.now();
  const outcome = (more) => ({ id, name: id, timeSpentMs: Math.round(performance.now() - start), ...more });
  context.currentTestId = id;
  try {
    await body();
    return outcome({ status: PASSED });
  } catch (error) {
    return outcome({ status: FAILED, failureMessage: String(error?.message ?? error) });
  } finally {
    context.currentTestId = undefined;
  }
}

/** The spec files: first the one that stands beside the file called `name`, last the one that takes long. */
function specFiles(name = '') {
  const order = (file) => Number(file.startsWith('properties.')) - Number(file.startsWith(`${name}.`));
  const files = globSync('**/*.unit.spec.ts', { cwd: sources() }).sort();
  return files.sort((a, b) => order(a) - order(b)).map((file) => join(sources(), file));
}

const nameOf = (file) => relative(sources(), file);

let path = [];
let found = [];

/** What a spec file declares, with ids of their own. */
async function testsOf(file) {
  path = [nameOf(file)];
  found = [];
  await import(pathToFileURL(file).href);
  return found;
}

function it(name, body) {
  const id = [...path, name].join(SEPARATOR);
  const alike = found.filter((test) => test.named === id).length;
  found.push({ id: alike === 0 ? id : `${id} (${alike + 1})`, named: id, body });
}

function describe(name, body) {
  path.push(name);
  body();
  path.pop();
}

Object.assign(globalThis, { expect, it, describe });
it.each = bind(it);
describe.each = bind(describe);

/** Has Node read the ledger's TypeScript, another copy of it whenever the number is another. */
function loadTypeScript(copy) {
  const compiled = new Map();
  registerHooks({
    resolve(specifier, from, next) {
      const local = specifier.startsWith('.') && from.parentURL?.includes('/libs/ledger/src/');
      const resolved = next(local ? specifier.replace(/\.js$/, '.ts') : specifier, from);
      if (!resolved.url.endsWith('.ts')) return resolved;
      return { ...resolved, url: `${resolved.url}?copy=${copy()}`, format: 'module' };
    },
    load(url, from, next) {
      if (!/\.ts\?copy=\d+$/.test(url)) return next(url, from);
      const file = fileURLToPath(url);
      if (!compiled.has(file)) compiled.set(file, compile(file));
      return { format: 'module', source: compiled.get(file), shortCircuit: true };
    },
  });
}

function compile(filename) {
  const options = { filename, configFile: join(process.cwd(), '.swcrc'), sourceMaps: false };
  return transformSync(readFileSync(filename, 'utf8'), options).code;
}

export const strykerPlugins = [declareClassPlugin(PluginKind.TestRunner, 'in-process', InProcessRunner)];
