import { changed, newProductSchema, pricedFor, productChangeSchema, type Product } from './product.js';

const product: Product = {
  shopId: '0199d6a0-0000-7000-8000-000000000001',
  productId: '0199d6a0-0000-7000-8000-000000000002',
  sku: 'COFFEE-1',
  title: 'Coffee, 250 g',
  price: { value: 650, currency: 'EUR' },
  availability: 'in_stock',
};

describe('a product', () => {
  it("is priced in its market's currency", () => {
    expect(pricedFor('it', { value: 650, currency: 'EUR' })).toBe(true);
    expect(pricedFor('it', { value: 650, currency: 'BRL' })).toBe(false);
    expect(pricedFor('br', { value: 650, currency: 'BRL' })).toBe(true);
  });

  it('changes where something is given, and only there', () => {
    expect(changed(product, { availability: 'out_of_stock' })).toEqual({
      ...product,
      availability: 'out_of_stock',
    });
    expect(changed(product, { title: 'Coffee', price: { value: 700, currency: 'EUR' } })).toEqual({
      ...product,
      title: 'Coffee',
      price: { value: 700, currency: 'EUR' },
    });
  });

  it('is in stock unless said otherwise', () => {
    const { sku, title, price } = product;
    expect(newProductSchema.parse({ sku, title, price }).availability).toBe('in_stock');
  });

  it.each([
    ['nothing', {}],
    ['its SKU', { sku: 'TEA-1' }],
    ['a price of zero', { price: { value: 0, currency: 'EUR' } }],
    ['a fractional price', { price: { value: 6.5, currency: 'EUR' } }],
    ['an empty title', { title: '  ' }],
    ['a title that is read backwards', { title: 'Tea \u202efdp' }],
  ])('cannot be changed in %s', (_, change) => {
    expect(productChangeSchema.safeParse(change).error?.issues).toHaveLength(1);
  });
});
