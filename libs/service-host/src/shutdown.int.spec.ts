import { Controller, Get, Module } from '@nestjs/common';
import { setImmediate } from 'node:timers/promises';
import { baseConfig, createLogger, loadConfig, Public, startService } from './index.js';
import { stopService } from './shutdown.js';

@Public()
@Controller()
class StuckController {
  @Get('/stuck')
  stuck(): Promise<never> {
    return new Promise(() => undefined);
  }
}

@Module({ controllers: [StuckController] })
class StuckModule {}

describe('stopping', () => {
  const config = loadConfig(baseConfig, {
    PORT: '0',
    ISSUER: 'http://i.test',
    JWKS_URL: 'http://i.test/keys',
  });
  const start = async () => {
    const log: string[] = [];
    const logger = createLogger('stuck', 'debug', { write: (line: string) => void log.push(line) });
    const running = await startService(
      { name: 'stuck', config: baseConfig, module: () => StuckModule },
      config,
      logger,
    );
    return { ...running, log };
  };

  it('cuts off what does not end within the limit', async () => {
    const { app, context, url } = await start();
    const asked = fetch(`${url}/stuck`).then(
      () => 'answered',
      () => 'cut off',
    );
    while ((await openConnections(app.getHttpServer())) === 0) await setImmediate();
    const closers = [{ name: 'pool', close: () => Promise.resolve() }];
    const stopped = stopService(
      { app, context, openResponses: new Set(), closers, abort: () => undefined },
      200,
    );
    await expect(stopped).rejects.toThrow('not stopped after 200 ms');
    expect(await asked).toBe('cut off');
  });

  it('goes on when something does not close, and says so', async () => {
    const { app, context, log } = await start();
    const closed: string[] = [];
    const closers = [
      { name: 'first', close: () => Promise.resolve(void closed.push('first')) },
      { name: 'broken', close: () => Promise.reject(new Error('stuck open')) },
      { name: 'last', close: () => Promise.resolve(void closed.push('last')) },
    ];
    await stopService({ app, context, openResponses: new Set(), closers, abort: () => undefined });
    expect(closed).toEqual(['last', 'first']);
    expect(log.join('')).toContain('"what":"broken"');
  });

  it('happens once, however often it is asked for, and tells who waits', async () => {
    const { stop, context } = await start();
    expect(context.stopping.aborted).toBe(false);
    const first = stop();
    expect(stop()).toBe(first);
    await first;
    expect(context.stopping.aborted).toBe(true);
  });
});

function openConnections(server: {
  getConnections(done: (error: Error | null, count: number) => void): void;
}) {
  return new Promise<number>((resolve) => server.getConnections((_error, count) => resolve(count)));
}
