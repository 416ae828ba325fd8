import { openConsumer, openPublisher, purgeInbox, type KafkaBatchServer } from '@florin/messaging';
import {
  databaseConnection,
  openDatabase,
  preparedDatabase,
  serviceTokenSource,
  type ServiceContext,
} from '@florin/service-host';
import { Module, type DynamicModule } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { NotificationsConfig } from './config.js';
import { notificationsDatabase } from './database.js';
import { FeedConsumer, tellPeopleHandler } from './feed/feed.consumer.js';
import { FeedController } from './feed/feed.controller.js';
import { FeedStreams } from './feed/feed-streams.js';
import { notificationsAfter } from './feed/feed.store.js';
import { namesFromIdentity } from './feed/names.js';
import { listenForNews } from './feed/news-listener.js';
import { StreamController } from './feed/stream.controller.js';
import { tellPeople } from './feed/tell-people.handler.js';
import { DevOutboxController } from './messages/dev-outbox.controller.js';
import { deleteMessagesBefore, messageTtlMs } from './messages/message.store.js';
import { MessagesController } from './messages/messages.controller.js';

type Context = ServiceContext<NotificationsConfig>;

/** Longer than any topic keeps an event, so longer than it can come again. */
const inboxDays = 15;
const purgeEveryMs = 60_000;

@Module({})
class NotificationsModule {}

/** Builds the service. */
export async function notificationsModule(context: Context): Promise<DynamicModule> {
  const { config, logger } = context;
  const database = await openDatabase(context, notificationsDatabase(config));
  purgeRegularly(context, database);
  const authorization = serviceTokenSource({
    identityUrl: config.IDENTITY_URL,
    clientId: context.name,
    clientSecret: config.SERVICE_CLIENT_SECRET,
  });
  const namesOf = namesFromIdentity({ identityUrl: config.IDENTITY_URL, authorization, logger });
  return {
    module: NotificationsModule,
    controllers: [
      FeedController,
      StreamController,
      MessagesController,
      FeedConsumer,
      ...(config.DEV_OUTBOX ? [DevOutboxController] : []),
    ],
    providers: [
      { provide: DataSource, useValue: database },
      { provide: FeedStreams, useValue: feedStreams(context, database) },
      {
        provide: tellPeopleHandler,
        useValue: tellPeople({ database: preparedDatabase(database), namesOf, now: () => new Date() }),
      },
    ],
  };
}

/** The consumers of the service. */
export function notificationsConsumers(context: Context): KafkaBatchServer[] {
  // Payments are spread over the partitions: together they make batches, one by one they would each cost a transaction.
  return [openConsumer(context, openPublisher(context), { paceMs: 100, concurrency: 6 })];
}

function feedStreams(context: Context, database: DataSource): FeedStreams {
  const { config, logger } = context;
  const streams = new FeedStreams({
    read: (cursors, limit) => notificationsAfter(database.manager, cursors, limit),
    onError: (error) => logger.warn({ err: error }, 'news cannot be read for the open streams'),
  });
  const stopListening = listenForNews(databaseConnection(config), () => streams.wake(), logger);
  context.onClose('news listener', stopListening);
  return streams;
}

/** Forgets old messages and the ids of old events, a bounded number at a time. */
function purgeRegularly({ logger, onClose }: Context, database: DataSource): void {
  const purge = async (): Promise<void> => {
    await deleteMessagesBefore(database.manager, new Date(Date.now() - messageTtlMs));
    await purgeInbox(database, inboxDays);
  };
  const timer = setInterval(() => {
    purge().catch((error: unknown) =>
      logger.warn({ err: error }, 'old rows were not removed; trying again soon'),
    );
  }, purgeEveryMs);
  onClose('purge', () => {
    clearInterval(timer);
    return Promise.resolve();
  });
}
