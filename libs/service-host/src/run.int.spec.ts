import { spawn, spawnSync, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';

const project = fileURLToPath(new URL('..', import.meta.url));
const root = join(project, '..', '..');

interface Line {
  msg: string;
  [name: string]: unknown;
}

class Run {
  stdout = '';
  stderr = '';
  readonly ended: Promise<number | null>;

  constructor(readonly child: ChildProcessByStdio<Writable, Readable, Readable>) {
    child.stdout.on('data', (text: Buffer) => (this.stdout += text.toString()));
    child.stderr.on('data', (text: Buffer) => (this.stderr += text.toString()));
    this.ended = once(child, 'close').then(([code]) => code as number | null);
  }

  get lines(): Line[] {
    const json = this.stdout.split('\n').filter((line) => line.startsWith('{"level"'));
    return json.map((line) => JSON.parse(line) as Line);
  }

  /** Waits for a line of the log. */
  async said(msg: string): Promise<Line> {
    for (;;) {
      const line = this.lines.find((one) => one.msg === msg);
      if (line) return line;
      if (this.child.exitCode !== null)
        throw new Error(`ended with ${this.child.exitCode}: ${this.stdout}${this.stderr}`);
      await Promise.race([once(this.child.stdout, 'data'), this.ended]);
    }
  }
}

describe('runService', () => {
  let folder: string;
  const runs: Run[] = [];
  const good = {
    PORT: '0',
    ISSUER: 'http://i.test',
    JWKS_URL: 'http://i.test/keys',
    DATABASE_URL: 'postgres://hush',
  };

  beforeAll(() => {
    mkdirSync(join(root, '.florin'), { recursive: true });
    folder = mkdtempSync(join(root, '.florin', 'service-host-'));
    const swc = join(root, 'node_modules/@swc/cli/bin/swc.js');
    const options = [
      'src',
      '--out-dir',
      folder,
      '--strip-leading-paths',
      '--quiet',
      '--config-file',
      `${root}/.swcrc`,
    ];
    const built = spawnSync(process.execPath, [swc, ...options], { cwd: project, encoding: 'utf8' });
    if (built.status !== 0) throw new Error(built.stderr);
  });

  afterAll(async () => {
    for (const { child } of runs) child.kill('SIGKILL');
    await Promise.all(runs.map(({ ended }) => ended));
    rmSync(folder, { recursive: true });
  });

  function run(env: Record<string, string>, ...args: string[]): Run {
    return runNode([], env, ...args);
  }

  function runNode(options: string[], env: Record<string, string>, ...args: string[]): Run {
    const cached = { ...env, NODE_COMPILE_CACHE: join(folder, 'compile-cache') };
    const child = spawn(process.execPath, [...options, join(folder, 'run.fixture.spec.js'), ...args], {
      env: cached,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const started = new Run(child);
    runs.push(started);
    return started;
  }

  async function serving(env: Record<string, string> = {}): Promise<Run & { url: string }> {
    const started = run({ ...good, ...env });
    const { url } = await started.said('listening');
    return Object.assign(started, { url: url as string });
  }

  it('says one thing for each wrong value, nothing else, and ends with 78', async () => {
    const { PORT: _, ...rest } = good;
    const wrong = run({ ...rest, JWKS_URL: 'postgres://hush' });
    expect(await wrong.ended).toBe(78);
    expect(wrong.stdout).toBe('');
    expect(wrong.stderr).toBe(
      'PORT: is missing (Port to listen on; 0 takes a free one)\n' +
        'JWKS_URL: must be an http or https address such as http://127.0.0.1:8080\n',
    );
  });

  it('prints the schema of its environment', async () => {
    const asked = run({}, 'config');
    expect(await asked.ended).toBe(0);
    const schema = JSON.parse(asked.stdout) as { properties: object };
    expect(Object.keys(schema.properties)).toEqual(
      expect.arrayContaining(['PORT', 'DATABASE_URL', 'DATABASE_URL_FILE']),
    );
  });

  it('says how it is used', async () => {
    const asked = run({}, '--help');
    expect(await asked.ended).toBe(0);
    expect(asked.stdout).toMatch(/^fixture: .*migrate .*check .*config /s);
  });

  it('says whether its environment is right, and starts nothing', async () => {
    const asked = run(good, 'check');
    expect([await asked.ended, asked.stdout]).toEqual([0, 'nothing is wrong with the environment\n']);
    const wrong = run({ ...good, PORT: 'hush' }, 'check');
    expect([await wrong.ended, wrong.stdout]).toEqual([78, '']);
  });

  it('does not start on an older Node, and says so in one line', async () => {
    const older = "Object.defineProperty(process.versions, 'node', { value: '20.20.2' })";
    const asked = runNode(['--import', `data:text/javascript,${encodeURIComponent(older)}`], good);
    expect(await asked.ended).toBe(78);
    expect(asked.stderr).toMatch(/^needs Node 24, this is 20\.20\.2 \(.*\)\n$/);
    expect(asked.stdout).toBe('');
  });

  it('migrates with nothing but the address of the database, and ends', async () => {
    const migrated = run({ DATABASE_URL: good.DATABASE_URL }, 'migrate');
    expect(await migrated.ended).toBe(0);
    expect(migrated.stdout).toContain('migrating\n');
    const failed = run({ ...good, DATABASE_URL: 'postgres://broken' }, 'migrate');
    expect(await failed.ended).toBe(1);
    expect(await failed.said('migration failed')).toMatchObject({
      level: 'fatal',
      err: { message: 'cannot migrate' },
    });
  });

  it('knows no other command', async () => {
    const asked = run(good, 'destroy');
    expect(await asked.ended).toBe(64);
    expect(asked.stderr).toContain('unknown command "destroy"');
  });

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'on %s answers what is under way, ends streams, closes, and ends with 0',
    async (signal) => {
      const service = await serving();
      const slow = fetch(`${service.url}/slow`);
      const streams = await Promise.all(['/events', '/raw-events'].map((path) => fetch(service.url + path)));
      service.child.kill(signal);
      await service.said('stopping');
      for (const stream of streams) expect(await stream.text()).toContain('data: hello');
      expect(await (await slow).json()).toEqual({ done: true });
      expect(await service.ended).toBe(0);
      const said = service.lines.map(({ msg }) => msg);
      expect(said.slice(said.indexOf('stopping'))).toEqual(
        expect.arrayContaining(['request', 'pool closed', 'stopped']),
      );
      expect(said.indexOf('pool closed')).toBeGreaterThan(said.lastIndexOf('request'));
    },
  );

  it('is not ready from the signal on, before the port closes', async () => {
    const service = await serving({ SHUTDOWN_DELAY_MS: '1000' });
    const ready = async (): Promise<number> => (await fetch(`${service.url}/health/ready`)).status;
    expect(await ready()).toBe(200);
    service.child.kill('SIGTERM');
    await service.said('stopping');
    expect(await ready()).toBe(503);
    expect(await service.ended).toBe(0);
    await expect(ready()).rejects.toThrow();
  });

  describe('ends by itself', () => {
    const reader = (service: Run) => service.child.stdout;

    it('when nobody is left to read its log', async () => {
      const service = await serving();
      reader(service).destroy();
      service.child.kill('SIGTERM');
      expect(await service.ended).toBe(0);
    });

    it('when nobody was there to read more than a pipe holds', async () => {
      const service = await serving();
      reader(service).destroy();
      expect((await fetch(`${service.url}/chatter`)).status).toBe(200);
      expect((await fetch(`${service.url}/chatter`)).status).toBe(200);
      service.child.kill('SIGTERM');
      expect(await service.ended).toBe(0);
    });

    it('when somebody could read its log and does not: by force', async () => {
      const service = await serving();
      reader(service).removeAllListeners('data').pause();
      expect((await fetch(`${service.url}/chatter`)).status).toBe(200);
      expect((await fetch(`${service.url}/chatter`)).status).toBe(200);
      const exited = once(service.child, 'exit');
      service.child.kill('SIGTERM');
      expect(await exited).toEqual([null, 'SIGKILL']);
      reader(service).resume();
    });

    it('when something of it does not close: as a failure', async () => {
      const service = await serving({ STUCK: 'true' });
      service.child.kill('SIGTERM');
      expect(await service.ended).toBe(1);
      expect(await service.said('stopped by force')).toMatchObject({ level: 'fatal' });
    }, 30_000);
  });

  it('stops when its parent is gone, where that is asked for', async () => {
    const watching = await serving({ FLORIN_PARENT_PIPE: 'stdin' });
    watching.child.stdin.destroy();
    expect(await watching.ended).toBe(0);
    expect(await watching.said('asked to stop')).toMatchObject({ reason: 'the parent process is gone' });

    const free = await serving();
    free.child.stdin.destroy();
    expect((await fetch(`${free.url}/slow`)).status).toBe(200);
    free.child.kill('SIGTERM');
    expect(await free.ended).toBe(0);
  });

  it('ends at once when its parent is gone before it serves, or while it migrates', async () => {
    const watched = { ...good, FLORIN_PARENT_PIPE: 'stdin' };
    const starting = run({ ...watched, ENDLESS_START: 'true' });
    await starting.said('starting');
    const migrating = run({ ...watched, DATABASE_URL: 'postgres://endless' }, 'migrate');
    while (!migrating.stdout.includes('migrating\n')) await once(migrating.child.stdout, 'data');
    for (const { child, ended } of [starting, migrating]) {
      child.stdin.destroy();
      expect(await ended).toBe(1);
    }
    const migrated = run(watched, 'migrate');
    expect(await migrated.ended).toBe(0);
  });

  it('says that a port is taken, and ends', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    const service = run({ ...good, PORT: String(port) });
    expect(await service.ended).toBe(1);
    expect(await service.said('start failed')).toMatchObject({ level: 'fatal', err: { code: 'EADDRINUSE' } });
    taken.close();
  });

  it('logs what nobody caught, and ends', async () => {
    const service = await serving();
    await fetch(`${service.url}/crash`).catch(() => undefined);
    expect(await service.ended).toBe(1);
    expect(await service.said('uncaught error')).toMatchObject({
      level: 'fatal',
      err: { message: 'nobody caught me' },
    });
  });

  it('never prints a secret of its configuration', () => {
    expect(runs.map(({ stdout, stderr }) => stdout + stderr).join('')).not.toContain('hush');
  });
});
