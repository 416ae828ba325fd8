import type { EntityManager } from 'typeorm';
import type { Shop } from './shop.js';

export async function insertShop(manager: EntityManager, shop: Shop, now: Date): Promise<void> {
  await manager.query(
    'INSERT INTO shops (shop_id, owner_id, name, market, opened_at) VALUES ($1, $2, $3, $4, $5)',
    [shop.shopId, shop.ownerId, shop.name, shop.market, now],
  );
}

export async function shopById(manager: EntityManager, shopId: string): Promise<Shop | undefined> {
  const [shop] = await manager.query<Shop[]>(
    'SELECT shop_id AS "shopId", owner_id AS "ownerId", name, market FROM shops WHERE shop_id = $1',
    [shopId],
  );
  return shop;
}

/** The shop, if this person may change it. */
export async function ownShop(
  manager: EntityManager,
  shopId: string,
  personId: string,
): Promise<Shop | 'shop-unknown' | 'shop-foreign'> {
  const shop = await shopById(manager, shopId);
  if (shop === undefined) return 'shop-unknown';
  return shop.ownerId === personId ? shop : 'shop-foreign';
}
