import { existsSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join } from 'node:path';
import { placeOf, visitImports, workspaceRoot } from './imports.mjs';
import { closedProjects, comesWith, developmentProjects, packageOwners } from './policy.mjs';

const manifest = JSON.parse(readFileSync(join(workspaceRoot, 'package.json'), 'utf8'));

const builtins = new Set(builtinModules);

/**
 * Packages are imported by their owners alone and where package.json names them for it, closed projects import what they
 * name, and ours are imported by their one entry.
 */
export default {
  meta: {
    type: 'problem',
    schema: [],
    messages: {
      closed: '{{project}} is closed: it may not import "{{specifier}}".',
      development: '"{{specifier}}" is for development: it is not there where this runs.',
      undeclared: '"{{specifier}}" is not in package.json: it is here by chance.',
      owned: '"{{specifier}}" may be imported in {{owners}} only.',
      name: 'Of "{{specifier}}" only {{names}} may be imported outside {{owners}}.',
      app: '"{{specifier}}" is an app: what it shares belongs in a lib.',
      deep: 'Import "{{entry}}": what lies deeper is its own business.',
    },
  },
  create(context) {
    const place = placeOf(context.filename);
    return visitImports((specifier, node, names) => {
      if (/^\.{0,2}\//.test(specifier)) return;
      const name = packageOf(specifier);
      const problem =
        closed(place, name) ?? owned(place, name, names) ?? ours(specifier, name) ?? declared(place, name);
      if (problem) context.report({ node, ...problem, data: { specifier, ...problem.data } });
    });
  },
};

/** `@scope/name/deeper` → `@scope/name`; `fs` and `node:fs/promises` → `node:fs`. */
function packageOf(specifier) {
  const name = specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
  return builtins.has(name) ? `node:${name}` : name;
}

function closed({ project, isSpec }, name) {
  const closed = closedProjects[project];
  if (!closed || closed.only.includes(name) || (isSpec && closed.specs.includes(name))) return undefined;
  return { messageId: 'closed', data: { project } };
}

function owned({ project, isSpec }, name, names) {
  const owned = packageOwners[name];
  if (!owned || owned.owners.includes(project) || (isSpec && owned.specs?.includes(project)))
    return undefined;
  const owners = owned.owners.join(', ') || 'no project';
  if (!owned.names) return { messageId: 'owned', data: { owners } };
  if (names?.every((one) => owned.names.includes(one))) return undefined;
  return { messageId: 'name', data: { owners, names: owned.names.join(', ') } };
}

function ours(specifier, name) {
  if (!name.startsWith('@florin/')) return undefined;
  if (existsSync(join(workspaceRoot, 'apps', name.slice('@florin/'.length)))) return { messageId: 'app' };
  return specifier === name ? undefined : { messageId: 'deep', data: { entry: name } };
}

function declared({ project, isSpec }, name) {
  if (!/^(apps|libs)\//.test(project) || name.startsWith('node:') || name.startsWith('@florin/'))
    return undefined;
  if (name in manifest.dependencies) return undefined;
  if (!((comesWith[name] ?? name) in manifest.devDependencies)) return { messageId: 'undeclared' };
  return isSpec || developmentProjects.includes(project) ? undefined : { messageId: 'development' };
}
