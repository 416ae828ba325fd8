import { z } from 'zod';
import { defineEvent } from './cloud-event.js';
import { personIdSchema } from './identity.js';
import { marketSchema } from './markets.js';
import { moneySchema } from './money.js';
import { topics } from './topics.js';

const subject = (data: { shopId: string }): string => `shop/${data.shopId}`;
const key = (data: { shopId: string }): string => data.shopId;

const source = '/catalog';
const shopId = '01a1fdfa-4603-7000-8000-0000000005a0';

export const shopOpened = defineEvent({
  type: 'com.florin.shop.opened.v1',
  topic: topics.catalog.name,
  description: 'A shop was opened.',
  data: z.object({ shopId: z.uuid(), ownerId: personIdSchema, market: marketSchema }),
  subject,
  key,
  example: {
    id: '01a1fdfa-4604-7000-8000-000000000003',
    source,
    data: { shopId, ownerId: '01a1fdfa-4600-7000-8000-00000000a44a', market: 'it' },
  },
});

const product = {
  shopId: z.uuid(),
  productId: z.uuid(),
  sku: z.string(),
  title: z.string(),
  price: moneySchema,
  availability: z.enum(['in_stock', 'out_of_stock']),
};

const coffee: z.infer<z.ZodObject<typeof product>> = {
  shopId,
  productId: '01a1fdfa-4605-7000-8000-00000000c0fe',
  sku: 'COFFEE-250',
  title: 'Coffee, 250 g',
  price: { value: 690, currency: 'EUR' },
  availability: 'in_stock',
};

export const productAdded = defineEvent({
  type: 'com.florin.product.added.v1',
  topic: topics.catalog.name,
  description: 'A product was added to a shop.',
  data: z.object(product),
  subject,
  key,
  example: { id: '01a1fdfa-4606-7000-8000-000000000004', source, data: coffee },
});

export const productChanged = defineEvent({
  type: 'com.florin.product.changed.v1',
  topic: topics.catalog.name,
  description: 'A product changed; the data is its whole new state.',
  data: z.object(product),
  subject,
  key,
  example: {
    id: '01a1fdfa-4607-7000-8000-000000000005',
    source,
    data: { ...coffee, availability: 'out_of_stock' },
  },
});
