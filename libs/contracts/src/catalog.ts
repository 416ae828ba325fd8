import { z } from 'zod';
import { defineEvent } from './cloud-event.js';
import { personIdSchema } from './identity.js';
import { marketSchema } from './markets.js';
import { moneySchema } from './money.js';
import { topics } from './topics.js';

const subject = (data: { shopId: string }): string => `shop/${data.shopId}`;
const key = (data: { shopId: string }): string => data.shopId;

export const shopOpened = defineEvent({
  type: 'com.florin.shop.opened.v1',
  topic: topics.catalog.name,
  description: 'A shop was opened.',
  data: z.object({ shopId: z.uuid(), ownerId: personIdSchema, market: marketSchema }),
  subject,
  key,
});

const product = {
  shopId: z.uuid(),
  productId: z.uuid(),
  sku: z.string(),
  title: z.string(),
  price: moneySchema,
  availability: z.enum(['in_stock', 'out_of_stock']),
};

export const productAdded = defineEvent({
  type: 'com.florin.product.added.v1',
  topic: topics.catalog.name,
  description: 'A product was added to a shop.',
  data: z.object(product),
  subject,
  key,
});

export const productChanged = defineEvent({
  type: 'com.florin.product.changed.v1',
  topic: topics.catalog.name,
  description: 'A product changed; the data is its whole new state.',
  data: z.object(product),
  subject,
  key,
});
