import { writeOutbox, type Transact } from '@florin/messaging';
import { v7 as uuidv7 } from 'uuid';
import { shopOpenedEvent } from '../events.js';
import type { NewShop, Shop } from './shop.js';
import { insertShop } from './shop.store.js';

interface Deps {
  readonly transact: Transact;
  readonly now: () => Date;
}

export type OpenShop = ReturnType<typeof openShop>;

/** Opens a shop for a person. */
export const openShop =
  ({ transact, now }: Deps) =>
  (command: NewShop & { ownerId: string }): Promise<Shop> =>
    transact(async (manager) => {
      const shop: Shop = { shopId: uuidv7(), ...command };
      const at = now();
      const { shopId, ownerId, market } = shop;
      await insertShop(manager, shop, at);
      await writeOutbox(manager, [shopOpenedEvent({ shopId, ownerId, market }, at)]);
      return shop;
    });
