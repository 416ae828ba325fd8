import type { EntityManager } from 'typeorm';
import type { Product } from './product.js';

interface ProductRow {
  shop_id: string;
  product_id: string;
  sku: string;
  title: string;
  /** bigint, as text. */
  price_minor: string;
  currency: string;
  availability: Product['availability'];
}

const columns = 'shop_id, product_id, sku, title, price_minor, currency, availability';

/** Adds a product; false when the shop has one with its SKU. */
export async function insertProduct(manager: EntityManager, product: Product): Promise<boolean> {
  const { shopId, productId, sku, title, price, availability } = product;
  const inserted = await manager.query<unknown[]>(
    `INSERT INTO products (${columns}) VALUES ($1, $2, $3, $4, $5, $6, $7)
     ON CONFLICT (shop_id, sku) DO NOTHING RETURNING product_id`,
    [shopId, productId, sku, title, price.value, price.currency, availability],
  );
  return inserted.length === 1;
}

export async function updateProduct(manager: EntityManager, product: Product): Promise<void> {
  const { shopId, productId, title, price, availability } = product;
  await manager.query(
    `UPDATE products SET title = $3, price_minor = $4, currency = $5, availability = $6
     WHERE shop_id = $1 AND product_id = $2`,
    [shopId, productId, title, price.value, price.currency, availability],
  );
}

/** A product, held for this transaction: changes at the same time are made, and told, one after the other. */
export async function productForUpdate(
  manager: EntityManager,
  shopId: string,
  productId: string,
): Promise<Product | undefined> {
  const [row] = await manager.query<ProductRow[]>(
    `SELECT ${columns} FROM products WHERE shop_id = $1 AND product_id = $2 FOR UPDATE`,
    [shopId, productId],
  );
  return row === undefined ? undefined : toProduct(row);
}

/** Up to `limit` products of a shop in the order in which they were added, after the product `after`. */
export async function productsOf(
  manager: EntityManager,
  shopId: string,
  page: { after: string | undefined; limit: number },
): Promise<Product[]> {
  const rows = await manager.query<ProductRow[]>(
    `SELECT ${columns} FROM products
     WHERE shop_id = $1 AND ($2::uuid IS NULL OR product_id > $2) ORDER BY product_id LIMIT $3`,
    [shopId, page.after ?? null, page.limit],
  );
  return rows.map(toProduct);
}

function toProduct(row: ProductRow): Product {
  return {
    shopId: row.shop_id,
    productId: row.product_id,
    sku: row.sku,
    title: row.title,
    price: { value: Number(row.price_minor), currency: row.currency },
    availability: row.availability,
  };
}
