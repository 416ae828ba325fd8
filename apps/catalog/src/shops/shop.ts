import { marketSchema, personIdSchema } from '@florin/contracts';
import { z } from 'zod';

export const newShopSchema = z.strictObject({
  name: z.string().trim().min(1).max(80).describe('As customers see it'),
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
