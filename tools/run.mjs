import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { nodeBinary, prepare, root, toolEnvironment } from './run/installation.mjs';
import { run } from './run/processes.mjs';
import { Failure } from './run/terminal.mjs';
import { testSuite } from './run/test-suite.mjs';

/**
 * `node tools/run.mjs <command> [arguments]`, behind every npm script: installs and builds what is missing, then runs the
 * command with the clone's own Node. It runs itself on any Node from 20 on, before anything is installed.
 */
const app = (name, ...first) => ({
  build: true,
  run: (args) => runApp(name, [...first, ...args]),
});
const nx = (target, build) => ({
  build,
  run: (args) => runTool('nx/dist/bin/nx.js', ['run-many', '-t', target, ...args]),
});

const commands = {
  start: app('local', 'start'),
  engines: app('local', 'engines'),
  backup: app('local', 'backup'),
  restore: app('local', 'restore'),
  demo: app('demo'),
  audit: { build: true, run: (args) => runApp('auditor', args, eventStoreOfRunningStack()) },
  docs: app('docs'),
  events: { build: true, run: (args) => runApp('events', args, kafkaOfRunningStack()) },
  operator: { build: true, run: (args) => runApp('operator', args, kafkaOfRunningStack()) },
  topics: { build: true, run: (args) => runApp('topics', args, kafkaOfRunningStack()) },
  simulate: app('simulator'),
  chaos: app('chaos'),
  bench: app('benchmarks'),
  test: { build: false, run: testSuite },
  'test:cluster': { build: true, run: (args) => runProgram(join(root, 'tools', 'cluster.mjs'), args) },
  mutation: { build: false, run: (args) => runProgram(join(root, 'tools', 'mutation.mjs'), args) },
  build: nx('build', false),
  lint: nx('lint', false),
};

function runApp(name, args, env = {}) {
  const main = join(root, 'apps', name, 'dist', 'main.js');
  if (!existsSync(main))
    throw new Failure(`There is no ${main}: run "npm run build" and look at its messages.`);
  return runProgram(main, args, env);
}

function runProgram(main, args, env = {}) {
  return run(nodeBinary(), [main, ...args], { env: { ...toolEnvironment(), ...env }, watchParent: true });
}

function runTool(path, args) {
  return run(nodeBinary(), [join(root, 'node_modules', path), ...args], {
    env: toolEnvironment(),
    cwd: root,
  });
}

/** The auditor reads the event store of the stack that `npm start` runs here, unless told another. */
function eventStoreOfRunningStack() {
  const { EVENTSTORE_URL, EVENTSTORE_URL_FILE } = process.env;
  const stack = (EVENTSTORE_URL ?? EVENTSTORE_URL_FILE) === undefined ? runningStack() : undefined;
  return stack === undefined ? {} : { EVENTSTORE_URL: stack.eventStoreUrl };
}

/** The same for the Kafka whose events are printed, whose topics are compared and that operators' commands go to. */
function kafkaOfRunningStack() {
  const stack = process.env.KAFKA_BROKERS === undefined ? runningStack() : undefined;
  return stack?.kafkaEnvironment ?? {};
}

function runningStack() {
  const file = resolve(root, process.env.FLORIN_DATA ?? '.florin', 'stack.json');
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
}

async function main([name, ...args]) {
  const command = Object.hasOwn(commands, name ?? '') ? commands[name] : undefined;
  if (command === undefined) {
    throw new Failure(`Usage: node tools/run.mjs ${Object.keys(commands).join('|')} [arguments]`, 2);
  }
  await prepare({ build: command.build });
  return command.run(args);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof Failure)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = error.code;
}
