import { freePort } from '@florin/embedded';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EngineProcess } from './engine-process.js';

/** An engine as small as one can be: notes what it is told, reports its port, ends when told or when its supervisor is gone. */
const fakeEngine = `
import { appendFileSync } from 'node:fs';
const { TRACE, PORT, FAIL } = process.env;
const note = (text) => appendFileSync(TRACE, text + '\\n');
const stop = (why) => { note(why); process.exit(0); };
process.on('SIGTERM', () => stop('stopped'));
process.on('disconnect', () => stop('orphaned'));
const task = JSON.parse(process.argv[2]);
note('started ' + task.engine + ' at ' + task.port);
if (FAIL === 'silent') console.log('no luck today');
else if (FAIL === 'refuses') process.send({ kind: 'failed', message: 'no luck' }, () => process.exit(1));
else process.send({ kind: 'eventStore', port: Number(PORT), url: 'esdb://127.0.0.1' });
if (FAIL === 'dies') setTimeout(() => process.exit(3), 100);
if (FAIL === 'silent') setTimeout(() => process.exit(4), 100);
`;

let dataDir: string;
let port: number;
const unexpected: string[] = [];

beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'florin engine '));
  mkdirSync(join(dataDir, 'logs'));
  writeFileSync(join(dataDir, 'engine.mjs'), fakeEngine);
  port = await freePort();
  unexpected.length = 0;
});
afterEach(() => rmSync(dataDir, { recursive: true }));

function engineThat(fail = '', onUnexpectedEnd: (how: string) => void = (how) => unexpected.push(how)) {
  return new EngineProcess(
    { engine: 'eventStore', dataDir, port: 0 },
    {
      title: 'Event store',
      dataDir,
      env: { TRACE: join(dataDir, 'trace'), PORT: String(port), FAIL: fail },
      onUnexpectedEnd,
      program: join(dataDir, 'engine.mjs'),
    },
  );
}
const trace = () => readFileSync(join(dataDir, 'trace'), 'utf8').trim().split('\n');

describe('EngineProcess', () => {
  it('starts again at the port that was free at first, after a stop and after a kill', async () => {
    const engine = engineThat();
    expect(await engine.start()).toMatchObject({ kind: 'eventStore', port });
    await expect(engine.start()).rejects.toThrow('Event store runs already.');
    await engine.stop();
    await engine.start();
    await engine.kill();
    await expect(engine.kill()).rejects.toThrow('Event store does not run.');
    await engine.start();
    await engine.close();
    expect(trace()).toEqual([
      'started eventStore at 0',
      'stopped',
      `started eventStore at ${port}`,
      `started eventStore at ${port}`,
      'stopped',
    ]);
    expect(unexpected).toEqual([]);
  });

  it('tells of an end that nobody asked for', async () => {
    const end = Promise.withResolvers<string>();
    await engineThat('dies', end.resolve).start();
    expect(await end.promise).toBe('exit code 3');
  });

  it('is told of an end by a signal that nobody announced', async () => {
    const end = Promise.withResolvers<string>();
    const engine = engineThat('', end.resolve);
    await engine.start();
    engine.signal('SIGSTOP');
    engine.signal('SIGCONT');
    engine.signal('SIGKILL');
    expect(await end.promise).toBe('SIGKILL');
    expect(() => engine.signal('SIGKILL')).toThrow('Event store does not run.');
    await engine.start();
    await engine.close();
  });

  it('says why it did not start', async () => {
    await expect(engineThat('refuses').start()).rejects.toThrow('Event store: no luck');
    await expect(engineThat('silent').start()).rejects.toThrow(/exit code 4[^]*no luck today/);
    await expect(engineThat().start(AbortSignal.abort())).rejects.toThrow(/interrupted\)(\.$|:\n.)/);
    expect(unexpected).toEqual([]);
  });

  it('leaves nothing behind when it is closed while it starts', async () => {
    const engine = engineThat();
    const starting = engine.start();
    await engine.close();
    await expect(starting).rejects.toThrow('Event store did not start (SIGTERM)');
  });
});
