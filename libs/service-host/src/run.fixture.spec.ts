import { baseConfig, databaseConfig, switchText } from '@florin/configuration';
import { Controller, Get, Logger, Module, Res, Sse, type MessageEvent } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { NEVER, startWith, type Observable } from 'rxjs';
import { setTimeout } from 'node:timers/promises';
import { Public, runService } from './index.js';

/** The main.ts of a service that the specs of `runService` run as a process. */
@Public()
@Controller()
class FixtureController {
  private readonly logger = new Logger('fixture');

  @Get('/slow')
  async slow(): Promise<object> {
    await setTimeout(400);
    return { done: true };
  }

  @Sse('/events')
  events(): Observable<MessageEvent> {
    return NEVER.pipe(startWith({ data: 'hello' }));
  }

  @Get('/raw-events')
  rawEvents(@Res() reply: FastifyReply): void {
    reply.hijack();
    reply.raw.writeHead(200, { 'content-type': 'text/event-stream' });
    reply.raw.write('data: hello\n\n');
  }

  @Get('/chatter')
  chatter(): object {
    for (let line = 0; line < 2_000; line++) this.logger.warn(`line ${line} ${'x'.repeat(100)}`);
    return {};
  }

  @Get('/crash')
  crash(): object {
    setImmediate(() => {
      throw new Error('nobody caught me');
    });
    return {};
  }
}

@Module({ controllers: [FixtureController] })
class FixtureModule {}

const config = baseConfig.extend({ ...databaseConfig(), STUCK: switchText(), ENDLESS_START: switchText() });

await runService({
  name: 'fixture',
  config,
  migrate: ({ DATABASE_URL }) => {
    if (DATABASE_URL === 'postgres://broken') return Promise.reject(new Error('cannot migrate'));
    process.stdout.write('migrating\n');
    return DATABASE_URL === 'postgres://endless' ? new Promise(() => undefined) : Promise.resolve();
  },
  module: ({ onClose, logger, config: { STUCK, ENDLESS_START } }) => {
    if (ENDLESS_START) {
      logger.info('starting');
      return new Promise(() => undefined);
    }
    if (STUCK) onClose('stuck', () => new Promise(() => undefined));
    onClose('pool', () => Promise.resolve(logger.info('pool closed')));
    return FixtureModule;
  },
});
