import { createHash } from 'node:crypto';
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withLock } from './lock.mjs';
import { capture } from './processes.mjs';
import { Failure, withProgress } from './terminal.mjs';

/** The clone's folder. */
export const root = fileURLToPath(new URL('../..', import.meta.url));
const modules = join(root, 'node_modules');
const local = join(root, '.florin');
const installStamp = join(modules, '.florin-installed');
const buildStamp = join(local, 'built');
const pinnedNode = join(modules, 'node', 'bin', 'node');

/** Environment of everything that runs from the clone: its own tools first, and Nx without background processes. */
export function toolEnvironment() {
  return {
    ...process.env,
    PATH: `${join(modules, '.bin')}${delimiter}${process.env.PATH ?? ''}`,
    NX_DAEMON: 'false',
    NX_TUI: 'false',
  };
}

/** Installs and builds what is missing or out of date. Two runs at once take turns. */
export async function prepare({ build }) {
  requireWritable(root);
  if (isInstalled() && (!build || isBuilt(sourcesHash()))) return;
  const waiting = () =>
    process.stderr.write('Waiting for another run that installs or builds in this folder …\n');
  await withLock(join(local, 'prepare.lock'), waiting, async () => {
    if (!isInstalled())
      await withProgress('Installing the dependencies (first time: a minute or two)', install);
    const hash = sourcesHash();
    if (build && !isBuilt(hash)) await withProgress('Building', () => buildAll(hash));
  });
}

/** The clone's own Node 24, or the running one where it is new enough. */
export function nodeBinary() {
  if (existsSync(pinnedNode)) return pinnedNode;
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 24 || (major === 24 && minor >= 9)) return process.execPath;
  throw new Failure(
    `Florin runs on Node 24 from the npm package "node", whose install script npm did not run here.\n` +
      `Run it: npm rebuild node --ignore-scripts=false   (in ${root})\nor use Node 24.9 or newer.`,
  );
}

function requireWritable(folder) {
  try {
    accessSync(folder, constants.W_OK);
    mkdirSync(local, { recursive: true });
    accessSync(local, constants.W_OK);
  } catch (error) {
    throw new Failure(
      `Cannot write in ${folder} (${error.code}): Florin installs, builds and keeps its data there.\n` +
        `Clone it into a folder of your own, or change the owner of this one.`,
    );
  }
}

function isInstalled() {
  const lock = readFileSync(join(root, 'package-lock.json'), 'utf8');
  const hash = hashOf([lock]);
  if (readIfPresent(installStamp) === hash) return true;
  // A developer's own `npm install` leaves no stamp: what npm says it installed decides.
  const installed = readIfPresent(join(modules, '.package-lock.json'));
  if (installed === undefined || !sameVersions(JSON.parse(lock).packages, JSON.parse(installed).packages))
    return false;
  writeFileSync(installStamp, hash);
  return true;
}

function sameVersions(wanted, installed) {
  return Object.entries(wanted)
    .filter(([path]) => path.startsWith('node_modules/'))
    .every(([path, { version, optional }]) => {
      const found = installed[path];
      return found === undefined ? optional === true : found.version === version;
    });
}

async function install() {
  const env = { ...process.env, ...writableNpmCache() };
  const args = ['ci', '--include=dev', '--no-audit', '--no-fund', '--no-progress'];
  const { code, output } = await capture('npm', args, { env, cwd: root });
  requireSuccess('npm ci', code, output);
  writeFileSync(installStamp, hashOf([readFileSync(join(root, 'package-lock.json'), 'utf8')]));
}

/** npm keeps its cache in the home folder; where that cannot be written it goes beside the data. */
function writableNpmCache() {
  const configured = process.env.npm_config_cache ?? join(homedir(), '.npm');
  try {
    mkdirSync(configured, { recursive: true });
    accessSync(configured, constants.W_OK);
    return {};
  } catch {
    return { npm_config_cache: join(local, 'npm-cache') };
  }
}

async function buildAll(hash) {
  const nx = join(modules, 'nx', 'dist', 'bin', 'nx.js');
  const args = [nx, 'run-many', '-t', 'build'];
  const { code, output } = await capture(nodeBinary(), args, { env: toolEnvironment(), cwd: root });
  requireSuccess('The build', code, output);
  writeFileSync(buildStamp, hash);
}

function requireSuccess(what, code, output) {
  if (code > 128) throw new Failure('Interrupted.', code);
  if (code !== 0) throw new Failure(`${what} failed (exit code ${code}):\n${lastLines(output)}`, code);
}

/** Nx knows as much, but takes over a second to say so. */
function isBuilt(hash) {
  if (readIfPresent(buildStamp) !== hash) return false;
  return projectFolders().every((folder) => existsSync(join(folder, 'dist')));
}

function sourcesHash() {
  const shared = ['package-lock.json', 'nx.json', 'tsconfig.base.json', '.swcrc', 'tools/nx-plugin.mjs'];
  const sources = projectFolders().flatMap((folder) => filesUnder(join(folder, 'src')));
  const files = [...shared.map((file) => join(root, file)), ...sources].sort();
  return hashOf(files.flatMap((file) => [file.slice(root.length), readFileSync(file)]));
}

function projectFolders() {
  return ['apps', 'libs']
    .flatMap((group) => readdirSync(join(root, group)).map((name) => join(root, group, name)))
    .filter((folder) => existsSync(join(folder, 'src')));
}

function filesUnder(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
}

function hashOf(parts) {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part).update('\0');
  return hash.digest('hex');
}

function readIfPresent(file) {
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

function lastLines(text) {
  return text.trimEnd().split('\n').slice(-40).join('\n');
}
