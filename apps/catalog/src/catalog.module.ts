import type { ServiceContext } from '@florin/service-host';
import { Module, type DynamicModule } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { CatalogConfig } from './config.js';
import { catalogDatabase, transactWithOutbox } from './database.js';
import { ProductController, productHandlers, type ProductHandlers } from './products/product.controller.js';
import { addProduct, changeProduct } from './products/product.handler.js';
import { openShop } from './shops/open-shop.handler.js';
import { openShopHandler, ShopController } from './shops/shop.controller.js';

@Module({})
class CatalogModule {}

/** Builds the service. */
export async function catalogModule(context: ServiceContext<CatalogConfig>): Promise<DynamicModule> {
  const database = await catalogDatabase(context.config).initialize();
  context.onClose('database', () => database.destroy());
  context.health.add('postgres', async () => void (await database.query('SELECT 1')));
  const deps = { transact: transactWithOutbox(context, database), now: () => new Date() };
  const products: ProductHandlers = { addProduct: addProduct(deps), changeProduct: changeProduct(deps) };
  return {
    module: CatalogModule,
    controllers: [ShopController, ProductController],
    providers: [
      { provide: DataSource, useValue: database },
      { provide: openShopHandler, useValue: openShop(deps) },
      { provide: productHandlers, useValue: products },
    ],
  };
}
