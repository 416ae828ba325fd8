import { marketSchema, personIdSchema, visibleText } from '@florin/contracts';
import { z } from 'zod';

export const newShopSchema = z.strictObject({
  name: visibleText(80).describe('As customers see it'),
  market: marketSchema.describe('Where it sells; its prices are in this currency'),
});
export type NewShop = z.output<typeof newShopSchema>;

export const shopSchema = z.strictObject({
  shopId: z.uuid(),
  ownerId: personIdSchema,
  name: z.string(),
  market: marketSchema,
});
export type Shop = z.output<typeof shopSchema>;
