import {
  databases,
  type EngineName,
  isEngineName,
  kafkaEnvironment,
  type KafkaKind,
  Restarts,
  type ServiceName,
  serviceNames,
  startEngines,
  startStack,
} from '@florin/local-stack';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Arguments, parseArguments, usage } from './arguments.js';
import { runCopy } from './copy-commands.js';
import { type DataFolder, openDataFolder } from './data-folder.js';
import { explain, WrongUse } from './launch-error.js';
import { choosePorts, defaultBase, parseBase } from './port-choice.js';
import { enginesScreen, movedPorts, startScreen, unexpectedEnd } from './screen.js';
import { interruption, ProgressLine } from './terminal.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const { signal } = interruption();
let exitCode = 0;
const commandLine = process.argv.slice(2);
const isCopy = ['backup', 'restore'].includes(commandLine[0] ?? '');
const dataPath = resolve(root, process.env['FLORIN_DATA'] ?? '.florin');

/** `start` runs the whole product until Ctrl-C, `engines` the three engines alone; `backup` and `restore` copy their data. */
async function main(args: readonly string[]): Promise<void> {
  if (isCopy) return void process.stdout.write(await runCopy(args, dataPath, signal));
  const asked = parseArguments(args);
  if (asked === 'help') process.stdout.write(`${usage}\n`);
  else await run(asked);
}

async function run({ command, kafka }: Arguments): Promise<void> {
  const wanted = parseBase(process.env['FLORIN_PORT_BASE']);
  const folder = await openDataFolder(dataPath);
  try {
    const first = wanted ?? folder.rememberedBase ?? defaultBase;
    const reservation = await choosePorts(first, folder.path);
    try {
      if (reservation.base !== first) say(movedPorts(first, reservation.base));
      folder.useBlock(reservation.base, command);
      await (command === 'start' ? runStack : runEngines)(folder, reservation, kafka);
    } finally {
      await reservation.release();
    }
  } finally {
    folder.close();
  }
}

type Ports = Pick<Awaited<ReturnType<typeof choosePorts>>, 'ports'>;

async function runStack(folder: DataFolder, { ports }: Ports, kafka: KafkaKind): Promise<void> {
  const progress = new ProgressLine();
  const starting = startStack({
    dataDir: folder.path,
    ports,
    kafka,
    signal,
    onProgress: (text) => progress.show(text),
    onUnexpectedEnd: restarting(
      folder,
      () => starting,
      (running, name) => (isEngineName(name) ? running.startEngine(name) : running.start(name)),
    ),
  });
  const stack = await starting.finally(() => progress.done());
  const { gatewayUrl, urls, eventStoreUrl } = stack;
  folder.describeStack({
    ...{ pid: process.pid, gatewayUrl, urls, eventStoreUrl, kafka },
    kafkaEnvironment: kafkaEnvironment(stack.kafka),
    databaseUrls: Object.fromEntries(databases.map((name) => [name, stack.databaseUrl(name)])),
  });
  process.stdout.write(startScreen({ ...stack, kafkaKind: kafka }, folder.path, progress.seconds));
  await untilInterrupted();
  process.stderr.write(`\nStopping: gateway, ${serviceNames.length - 1} services, engines …\n`);
  await stack.stop();
  process.stderr.write('Stopped.\n');
}

async function runEngines(folder: DataFolder, { ports }: Ports, kafka: KafkaKind): Promise<void> {
  const progress = new ProgressLine();
  const starting = startEngines({
    dataDir: folder.path,
    ports,
    kafka,
    signal,
    onProgress: (text) => progress.show(text),
    onUnexpectedEnd: restarting(
      folder,
      () => starting,
      (running, name: EngineName) => running.startEngine(name),
    ),
  });
  const engines = await starting.finally(() => progress.done());
  folder.describeStack({
    ...{ pid: process.pid, eventStoreUrl: engines.eventStoreUrl, kafka },
    kafkaEnvironment: kafkaEnvironment(engines.kafka),
    databaseUrls: Object.fromEntries(databases.map((name) => [name, engines.databaseUrl(name)])),
  });
  process.stdout.write(enginesScreen({ ...engines, kafkaKind: kafka }, databases, folder.path));
  await untilInterrupted();
  process.stderr.write('\nStopping the engines …\n');
  await engines.stop();
  process.stderr.write('Stopped.\n');
}

/** What to do when a process has ended by itself: say it, and start it again. A start that fails stops them all, and says why. */
function restarting<Name extends ServiceName | EngineName, Running>(
  folder: DataFolder,
  starting: () => Promise<Running>,
  start: (running: Running, name: Name) => Promise<void>,
) {
  const restarts = new Restarts<Name>({
    start: async (name) => start(await starting(), name),
    say,
    signal,
  });
  return (name: Name, how: string) => {
    say(unexpectedEnd(name, how, folder.path));
    void starting().then(
      () => restarts.ended(name),
      () => undefined,
    );
  };
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

function untilInterrupted(): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((done) => signal.addEventListener('abort', () => done(), { once: true }));
}

try {
  await main(commandLine);
} catch (error) {
  // 130 is what a shell expects of a program that Ctrl-C broke off.
  exitCode = signal.aborted ? 130 : error instanceof WrongUse ? 2 : 1;
  const brokenOff = isCopy
    ? 'Broken off; nothing of it is left.'
    : 'Start broken off; nothing is left running.';
  const message = signal.aborted ? brokenOff : explain(error);
  process.stderr.write(`${message}\n`);
}
// The IPC channel to the runner would keep this process alive.
process.exit(exitCode);
