import { paymentCompleted, paymentFailed, personRegistered, topics, type EventOf } from '@florin/contracts';
import { OnEvents } from '@florin/messaging';
import { Controller, Inject } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { saveLocales } from './feed.store.js';
import type { DecidedPayment } from './news.js';
import type { TellPeople } from './tell-people.handler.js';

export const tellPeopleHandler = Symbol('tell people');

@Controller()
export class FeedConsumer {
  constructor(
    private readonly database: DataSource,
    @Inject(tellPeopleHandler) private readonly tellPeople: TellPeople,
  ) {}

  /** A payment that is only created is no news yet, so `payment.created` is left out: it is skipped. */
  @OnEvents(topics.payments.name, [paymentCompleted, paymentFailed])
  async payments(events: DecidedPayment[]): Promise<void> {
    await this.tellPeople(events);
  }

  /** Linked handles concern no feed. */
  @OnEvents(topics.people.name, [personRegistered])
  async people(events: EventOf<typeof personRegistered>[]): Promise<void> {
    await saveLocales(this.database.manager, new Map(events.map(({ data }) => [data.personId, data.locale])));
  }
}
