import { baseConfig, loadConfig } from '@florin/configuration';
import { Controller, Get, Module } from '@nestjs/common';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { createLogger, Public, startService, type ServiceContext } from './index.js';
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
      { app, context, openResponses: new Set(), silentSockets: new Set(), closers, abort: () => undefined },
      200,
    );
    await expect(stopped).rejects.toThrow('not stopped after 200 ms');
    expect(await asked).toBe('cut off');
  });

  it('does not wait for a connection that never asked anything', async () => {
    const { stop, url } = await start();
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    await once(socket, 'connect');
    const closed = once(socket, 'close');
    // A real read, so that the server has the connection before it stops.
    await fetch(`${url}/health/live`);
    await stop();
    await closed;
  });

  it('goes on when something does not close, and says so', async () => {
    const { app, context, log } = await start();
    const closed: string[] = [];
    const closers = [
      { name: 'first', close: () => Promise.resolve(void closed.push('first')) },
      { name: 'broken', close: () => Promise.reject(new Error('stuck open')) },
      { name: 'last', close: () => Promise.resolve(void closed.push('last')) },
    ];
    await stopService({
      app,
      context,
      openResponses: new Set(),
      silentSockets: new Set(),
      closers,
      abort: () => undefined,
    });
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

  it('comes to consumers after requests and before connections; they began before the port opened', async () => {
    const events: string[] = [];
    const strategy = {
      listen: (started: () => void) => {
        events.push('consumers listen');
        started();
      },
      close: () => void events.push('consumers stop'),
    };
    const service = {
      name: 'consumer',
      config: baseConfig,
      module: ({ onClose, stopping }: ServiceContext) => {
        onClose('pool', () => Promise.resolve(void events.push('pool closes')));
        stopping.addEventListener('abort', () => events.push('streams end'));
        return StuckModule;
      },
      microservices: () => [strategy],
    };
    const { stop, app } = await startService(service, config, createLogger('consumer', 'silent'));
    events.push('port open');
    app.getHttpServer().once('close', () => events.push('port closed'));
    await stop();
    expect(events).toEqual([
      'consumers listen',
      'port open',
      'streams end',
      'port closed',
      'consumers stop',
      'pool closes',
    ]);
  });
});

function openConnections(server: {
  getConnections(done: (error: Error | null, count: number) => void): void;
}) {
  return new Promise<number>((resolve) => server.getConnections((_error, count) => resolve(count)));
}
