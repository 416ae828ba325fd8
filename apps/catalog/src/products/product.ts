import { markets, moneySchema, visibleText, type MarketCode, type MoneyDto } from '@florin/contracts';
import { z } from 'zod';

const title = visibleText(200);
const availability = z.enum(['in_stock', 'out_of_stock']);

export const newProductSchema = z.strictObject({
  sku: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,64}$/, 'must be 1 to 64 letters, digits, dots, hyphens or underscores'),
  title,
  price: moneySchema,
  availability: availability.default('in_stock'),
});
export type NewProduct = z.output<typeof newProductSchema>;

export const productChangeSchema = z
  .strictObject({ title, price: moneySchema, availability })
  .partial()
  .refine((change) => Object.keys(change).length > 0, {
    error: 'must change something: title, price or availability',
    // Who gives an unknown name alone has made that one mistake.
    when: ({ issues }) => issues.length === 0,
  });
export type ProductChange = z.output<typeof productChangeSchema>;

export const productSchema = newProductSchema.extend({ availability, shopId: z.uuid(), productId: z.uuid() });
export type Product = z.output<typeof productSchema>;

/** Whether a shop of this market may ask this price. */
export function pricedFor(market: MarketCode, price: MoneyDto): boolean {
  return price.currency === markets[market].currency;
}

/** The product with what is given changed, and the rest as it was. */
export function changed(product: Product, change: ProductChange): Product {
  const { title, price, availability } = change;
  return {
    ...product,
    title: title ?? product.title,
    price: price ?? product.price,
    availability: availability ?? product.availability,
  };
}
