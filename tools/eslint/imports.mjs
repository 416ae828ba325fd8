import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';

export const workspaceRoot = fileURLToPath(new URL('../..', import.meta.url));

/** A file's place: its path from the root, its project's folder (`libs/ledger`) and whether it is a spec. */
export function placeOf(filename) {
  const path = relative(workspaceRoot, filename).replaceAll('\\', '/');
  return { path, project: path.split('/').slice(0, 2).join('/'), isSpec: /\.spec\.[mc]?[jt]s$/.test(path) };
}

/**
 * Visitors that call `visit(specifier, node, names)` for every way a module can be named: import, export from, import(),
 * require, `import x = require` and import types. `names` are the names taken, or `undefined` when all of them may be.
 */
export function visitImports(visit) {
  const from = (node, source, names) => {
    if (typeof source?.value === 'string') visit(source.value, node, names);
  };
  const taken = (node, key) =>
    node.specifiers.every((specifier) => key in specifier)
      ? node.specifiers.map((specifier) => specifier[key].name ?? specifier[key].value)
      : undefined;
  return {
    ImportDeclaration: (node) => from(node, node.source, taken(node, 'imported')),
    ExportNamedDeclaration: (node) => from(node, node.source),
    ExportAllDeclaration: (node) => from(node, node.source),
    ImportExpression: (node) => from(node, node.source),
    TSImportType: (node) => from(node, node.source),
    TSExternalModuleReference: (node) => from(node, node.expression),
    CallExpression: (node) => {
      if (node.callee.name === 'require') from(node, node.arguments[0]);
    },
  };
}
