import { writeOutbox, type Transact } from '@florin/messaging';
import { v7 as uuidv7 } from 'uuid';
import { productAddedEvent, productChangedEvent } from '../events.js';
import { ownShop } from '../shops/shop.store.js';
import { changed, pricedFor, type NewProduct, type Product, type ProductChange } from './product.js';
import { insertProduct, productForUpdate, updateProduct } from './product.store.js';

interface Deps {
  readonly transact: Transact;
  readonly now: () => Date;
}

type ShopRefusal = 'shop-unknown' | 'shop-foreign' | 'currency-mismatch';

export type AddProduct = ReturnType<typeof addProduct>;
export type ChangeProduct = ReturnType<typeof changeProduct>;

/** Adds a product to a person's own shop. */
export const addProduct =
  ({ transact, now }: Deps) =>
  (command: {
    personId: string;
    shopId: string;
    product: NewProduct;
  }): Promise<Product | ShopRefusal | 'sku-taken'> =>
    transact(async (manager) => {
      const shop = await ownShop(manager, command.shopId, command.personId);
      if (typeof shop === 'string') return shop;
      const product: Product = { ...command.product, shopId: shop.shopId, productId: uuidv7() };
      if (!pricedFor(shop.market, product.price)) return 'currency-mismatch';
      if (!(await insertProduct(manager, product))) return 'sku-taken';
      await writeOutbox(manager, [productAddedEvent(product, now())]);
      return product;
    });

/** Changes a product of a person's own shop. */
export const changeProduct =
  ({ transact, now }: Deps) =>
  (command: {
    personId: string;
    shopId: string;
    productId: string;
    change: ProductChange;
  }): Promise<Product | ShopRefusal | 'product-unknown'> =>
    transact(async (manager) => {
      const shop = await ownShop(manager, command.shopId, command.personId);
      if (typeof shop === 'string') return shop;
      const before = await productForUpdate(manager, shop.shopId, command.productId);
      if (before === undefined) return 'product-unknown';
      const product = changed(before, command.change);
      if (!pricedFor(shop.market, product.price)) return 'currency-mismatch';
      await updateProduct(manager, product);
      await writeOutbox(manager, [productChangedEvent(product, now())]);
      return product;
    });
