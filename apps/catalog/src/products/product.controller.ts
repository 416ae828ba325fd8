import {
  amountProblems,
  ApiProblems,
  ApiReturns,
  ApiSummary,
  ApiTag,
  CurrentUser,
  pageFields,
  pageOf,
  toPage,
  ZodBody,
  ZodParams,
  ZodQuery,
  type Principal,
} from '@florin/service-host';
import { Controller, Get, Inject, Patch, Post } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { z } from 'zod';
import { problems, refused } from '../problems.js';
import { shopById } from '../shops/shop.store.js';
import type { AddProduct, ChangeProduct } from './product.handler.js';
import {
  newProductSchema,
  productChangeSchema,
  productSchema,
  type NewProduct,
  type Product,
  type ProductChange,
} from './product.js';
import { productsOf } from './product.store.js';

const shopParams = z.object({ shopId: z.uuid() });
const productParams = z.object({ shopId: z.uuid(), productId: z.uuid() });
const pageQuery = z.object(pageFields(z.uuid()));
const pageAnswer = pageOf(productSchema);

export const productHandlers = Symbol('product handlers');
export interface ProductHandlers {
  readonly addProduct: AddProduct;
  readonly changeProduct: ChangeProduct;
}

@ApiTag('products', 'What is sold')
@Controller('/v1/shops/:shopId/products')
export class ProductController {
  constructor(
    private readonly database: DataSource,
    @Inject(productHandlers) private readonly handlers: ProductHandlers,
  ) {}

  @Post()
  @ApiSummary('Add a product to my shop')
  @ApiReturns(201, productSchema, 'Added')
  @ApiProblems(
    problems['shop-unknown'],
    problems['shop-foreign'],
    problems['currency-mismatch'],
    ...amountProblems,
    problems['sku-taken'],
  )
  async add(
    @CurrentUser() { personId }: Principal,
    @ZodParams(shopParams) { shopId }: z.output<typeof shopParams>,
    @ZodBody(newProductSchema) product: NewProduct,
  ): Promise<Product> {
    return accepted(await this.handlers.addProduct({ personId, shopId, product }));
  }

  @Patch(':productId')
  @ApiSummary('Change a product of my shop')
  @ApiReturns(200, productSchema, 'The product as it is now')
  @ApiProblems(
    problems['shop-unknown'],
    problems['shop-foreign'],
    problems['product-unknown'],
    problems['currency-mismatch'],
    ...amountProblems,
  )
  async change(
    @CurrentUser() { personId }: Principal,
    @ZodParams(productParams) { shopId, productId }: z.output<typeof productParams>,
    @ZodBody(productChangeSchema) change: ProductChange,
  ): Promise<Product> {
    return accepted(await this.handlers.changeProduct({ personId, shopId, productId, change }));
  }

  @Get()
  @ApiSummary('The products of a shop, whoever owns it, in the order in which they were added')
  @ApiReturns(200, pageAnswer, 'A page')
  @ApiProblems(problems['shop-unknown'])
  async list(
    @ZodParams(shopParams) { shopId }: z.output<typeof shopParams>,
    @ZodQuery(pageQuery) { cursor, limit }: z.output<typeof pageQuery>,
  ): Promise<z.output<typeof pageAnswer>> {
    const { manager } = this.database;
    if ((await shopById(manager, shopId)) === undefined) throw refused('shop-unknown');
    const products = await productsOf(manager, shopId, { after: cursor, limit: limit + 1 });
    return toPage(products, limit, ({ productId }) => productId);
  }
}

function accepted(outcome: Product | Parameters<typeof refused>[0]): Product {
  if (typeof outcome === 'string') throw refused(outcome);
  return outcome;
}
