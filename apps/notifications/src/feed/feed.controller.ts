import { integerText } from '@florin/configuration';
import { localeSchema } from '@florin/contracts';
import {
  ApiReturns,
  ApiSummary,
  ApiTag,
  CurrentUser,
  pageFields,
  pageOf,
  ZodQuery,
  type Principal,
} from '@florin/service-host';
import { Controller, Get } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { z } from 'zod';
import { notificationsAfter, type Notification } from './feed.store.js';

export const notificationSchema = z
  .object({
    id: z.uuid(),
    kind: z.enum(['payment_sent', 'payment_received', 'payment_failed']),
    paymentId: z.uuid(),
    text: z.string(),
    locale: localeSchema,
    createdAt: z.iso.datetime(),
  })
  .meta({ id: 'Notification' });

/** A place in one's own feed, as `nextCursor` or the id of a streamed event gave it. */
export const feedCursor = integerText(0, Number.MAX_SAFE_INTEGER);

const { cursor, limit } = pageFields(feedCursor);
const feedQuery = z.object({
  cursor: cursor.describe('What was read last: the nextCursor of that page, or a streamed event id'),
  limit,
});
const feedAnswer = pageOf(notificationSchema).extend({
  // A feed goes on: whoever has read all of it keeps the cursor and comes back with it.
  nextCursor: z
    .string()
    .nullable()
    .describe('Give it as `cursor` to go on, now or when there is news; null when the page is empty'),
});

@ApiTag('notifications', 'What people are told')
@Controller('/v1/notifications')
export class FeedController {
  constructor(private readonly database: DataSource) {}

  @Get()
  @ApiSummary('What I was told, oldest first')
  @ApiReturns(200, feedAnswer, 'A page of my feed. Its order never changes; news comes at its end')
  async list(
    @CurrentUser() { personId }: Principal,
    @ZodQuery(feedQuery) { cursor, limit }: z.output<typeof feedQuery>,
  ): Promise<z.output<typeof feedAnswer>> {
    const page = await notificationsAfter(
      this.database.manager,
      [{ personId, position: cursor ?? 0 }],
      limit,
    );
    return {
      items: page.map(({ notification }) => notificationBody(notification)),
      nextCursor: page.at(-1)?.position.toString() ?? null,
    };
  }
}

/** A notification as the API gives it. */
export function notificationBody(notification: Notification): z.output<typeof notificationSchema> {
  return { ...notification, createdAt: notification.createdAt.toISOString() };
}
