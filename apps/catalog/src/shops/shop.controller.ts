import type { MarketCode } from '@florin/contracts';
import {
  ApiProblems,
  ApiReturns,
  ApiSummary,
  ApiTag,
  CurrentUser,
  marketClosed,
  ZodBody,
  ZodParams,
  type Principal,
} from '@florin/service-host';
import { Controller, Get, Inject, Post } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { z } from 'zod';
import { problems, refused } from '../problems.js';
import type { OpenShop } from './open-shop.handler.js';
import { newShopSchema, shopSchema, type NewShop, type Shop } from './shop.js';
import { shopById } from './shop.store.js';

const shopParams = z.object({ id: z.uuid() });

export const shopHandlers = Symbol('shop handlers');
export interface ShopHandlers {
  readonly openMarkets: readonly MarketCode[];
  readonly openShop: OpenShop;
}

@ApiTag('shops', 'Who sells')
@Controller('/v1/shops')
export class ShopController {
  constructor(
    private readonly database: DataSource,
    @Inject(shopHandlers) private readonly handlers: ShopHandlers,
  ) {}

  @Post()
  @ApiSummary('Open a shop')
  @ApiReturns(201, shopSchema, 'Opened; it belongs to the person of the access token')
  @ApiProblems(problems['market-closed'])
  async open(@CurrentUser() { personId }: Principal, @ZodBody(newShopSchema) shop: NewShop): Promise<Shop> {
    if (!this.handlers.openMarkets.includes(shop.market)) throw marketClosed(shop.market);
    return this.handlers.openShop({ ...shop, ownerId: personId });
  }

  @Get(':id')
  @ApiSummary('A shop, whoever owns it')
  @ApiReturns(200, shopSchema, 'The shop')
  @ApiProblems(problems['shop-unknown'])
  async get(@ZodParams(shopParams) { id }: z.output<typeof shopParams>): Promise<Shop> {
    const shop = await shopById(this.database.manager, id);
    if (shop === undefined) throw refused('shop-unknown');
    return shop;
  }
}
