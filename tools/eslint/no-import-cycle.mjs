import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import ts from 'typescript';
import { visitImports } from './imports.mjs';

/**
 * No file reaches itself over its imports, types included: files in a cycle can only be understood, and moved, together.
 * Only relative imports are followed; cycles between projects are Nx's to find.
 */
export default {
  meta: {
    type: 'problem',
    schema: [],
    messages: { cycle: 'Import cycle: {{path}}.' },
  },
  create(context) {
    const file = context.filename;
    return visitImports((specifier, node) => {
      const path = pathBetween(resolveRelative(file, specifier), file);
      if (!path) return;
      const names = [file, ...path].map((one) => relative(dirname(file), one));
      context.report({ node, messageId: 'cycle', data: { path: names.join(' → ') } });
    });
  },
};

/** The shortest chain of imports that leads from one file to another, both included; `undefined` if there is none. */
function pathBetween(from, to) {
  if (!from) return undefined;
  const reachedFrom = new Map([[from, undefined]]);
  for (const file of reachedFrom.keys()) {
    if (file === to) return chain(reachedFrom, file);
    for (const next of importsOf(file)) {
      if (!reachedFrom.has(next)) reachedFrom.set(next, file);
    }
  }
  return undefined;
}

function chain(reachedFrom, file) {
  const path = [];
  for (let at = file; at; at = reachedFrom.get(at)) path.unshift(at);
  return path;
}

/** Imports of each file by its time of change: an editor keeps this process alive while files change. */
const known = new Map();

function importsOf(file) {
  const { mtimeMs } = statSync(file);
  const entry = known.get(file);
  if (entry?.mtimeMs === mtimeMs) return entry.imports;
  const { importedFiles } = ts.preProcessFile(readFileSync(file, 'utf8'), true, true);
  const imports = importedFiles.map(({ fileName }) => resolveRelative(file, fileName)).filter(Boolean);
  known.set(file, { mtimeMs, imports });
  return imports;
}

/** The source behind a relative specifier (`./x.js` names `./x.ts`), if there is one. */
function resolveRelative(file, specifier) {
  if (!specifier.startsWith('.')) return undefined;
  const path = resolve(dirname(file), specifier);
  return [path.replace(/\.js$/, '.ts'), path].find((one) => /\.m?[jt]s$/.test(one) && existsSync(one));
}
