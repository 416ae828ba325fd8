import { openConsumer, openOutbox, type EventPublisher, type KafkaBatchServer } from '@florin/messaging';
import {
  databaseConnection,
  openDatabase,
  preparedDatabase,
  type ServiceContext,
} from '@florin/service-host';
import { Module, type DynamicModule, type INestApplication } from '@nestjs/common';
import type { PaymentsConfig } from './config.js';
import { paymentsDatabase } from './database.js';
import { payeeClient } from './payees/payee.client.js';
import { createPaymentHandler } from './payments/create-payment.handler.js';
import { keepHouse } from './payments/housekeeping.js';
import { applyOutcomes, OutcomeConsumer, outcomeHandler } from './payments/outcome.consumer.js';
import { PaymentController, paymentHandlers, type PaymentHandlers } from './payments/payment.controller.js';
import { isVisibleTo } from './payments/payment.js';
import { findById, listOf } from './payments/payment.store.js';
import { PaymentWaiters } from './payments/payment.waiters.js';

const eventPublisher = Symbol('event publisher');

@Module({})
class PaymentsModule {}

/** Builds the service from its configuration: database, outbox relay, handlers. */
export async function paymentsModule(context: ServiceContext<PaymentsConfig>): Promise<DynamicModule> {
  const { config, logger } = context;
  const database = preparedDatabase(await openDatabase(context, paymentsDatabase(config)));
  const { publisher, wake: wakeRelay } = openOutbox(context, databaseConnection(config));

  const waiters = new PaymentWaiters();
  context.stopping.addEventListener('abort', () => waiters.close());
  const stopKeeping = keepHouse({
    database,
    onRepeated: (count) => {
      logger.warn({ count }, 'payments waited too long for the ledger: their commands are sent again');
      wakeRelay();
    },
    onError: (error) => logger.warn({ err: error }, 'housekeeping failed; trying again in a minute'),
  });
  context.onClose('housekeeping', () => Promise.resolve(stopKeeping()));
  const payments: PaymentHandlers = {
    create: createPaymentHandler({
      sql: database,
      findPayee: payeeClient(config.IDENTITY_URL),
      waiters,
      openMarkets: config.MARKETS,
      wakeRelay,
      now: () => new Date(),
    }),
    find: async (id, personId) => {
      const payment = await findById(database, id);
      return payment && isVisibleTo(payment, personId) ? payment : undefined;
    },
    list: (personId, page) => listOf(database, personId, page),
  };
  const outcomes = applyOutcomes({
    database,
    settled: (payments) => {
      waiters.settle(payments);
      wakeRelay();
    },
  });
  return {
    module: PaymentsModule,
    controllers: [PaymentController, OutcomeConsumer],
    providers: [
      { provide: paymentHandlers, useValue: payments },
      { provide: outcomeHandler, useValue: outcomes },
      { provide: eventPublisher, useValue: publisher },
    ],
  };
}

/** The consumer of what the ledger recorded. */
export function paymentsConsumers(
  app: INestApplication,
  context: ServiceContext<PaymentsConfig>,
): KafkaBatchServer[] {
  // Under load a payment waits a little, and everything after this step comes in larger batches.
  return [openConsumer(context, app.get<EventPublisher>(eventPublisher), { paceMs: 10 })];
}
