import { transactWithOutbox } from '@florin/messaging';
import { databaseConnection, openDatabase, type ServiceContext } from '@florin/service-host';
import { Module, type DynamicModule } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { CatalogConfig } from './config.js';
import { catalogDatabase } from './database.js';
import { ProductController, productHandlers, type ProductHandlers } from './products/product.controller.js';
import { addProduct, changeProduct } from './products/product.handler.js';
import { openShop } from './shops/open-shop.handler.js';
import { ShopController, shopHandlers, type ShopHandlers } from './shops/shop.controller.js';

@Module({})
class CatalogModule {}

/** Builds the service. */
export async function catalogModule(context: ServiceContext<CatalogConfig>): Promise<DynamicModule> {
  const { config } = context;
  const database = await openDatabase(context, catalogDatabase(config));
  const transact = transactWithOutbox(context, databaseConnection(config), database);
  const deps = { transact, now: () => new Date() };
  const shops: ShopHandlers = { openMarkets: config.MARKETS, openShop: openShop(deps) };
  const products: ProductHandlers = { addProduct: addProduct(deps), changeProduct: changeProduct(deps) };
  return {
    module: CatalogModule,
    controllers: [ShopController, ProductController],
    providers: [
      { provide: DataSource, useValue: database },
      { provide: shopHandlers, useValue: shops },
      { provide: productHandlers, useValue: products },
    ],
  };
}
