import { channelSchema, handleText } from '@florin/contracts';
import {
  ApiProblems,
  ApiReturns,
  ApiSummary,
  ApiTag,
  CurrentUser,
  ZodBody,
  ZodParams,
  type Principal,
} from '@florin/service-host';
import { Controller, Delete, Get, HttpCode, Inject, Post } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { z } from 'zod';
import { problems, refused } from '../problems.js';
import { handleHints, normaliseHandle } from './handle.js';
import { handlesOf, type Handle } from './handle.store.js';
import type { LinkHandle, UnlinkHandle } from './link-handle.handler.js';

const handleBody = z
  .strictObject({
    channel: channelSchema.exclude(['phone']).describe('The phone number is linked by registering'),
    handle: handleText,
  })
  .transform(({ channel, handle }, context) => {
    const normal = normaliseHandle(channel, handle);
    if (normal !== undefined) return { channel, handle: normal };
    context.addIssue({ code: 'custom', path: ['handle'], message: `must be ${handleHints[channel]}` });
    return z.NEVER;
  });
const handleParams = z.object({ id: z.uuid() });
const handleAnswer = z.object({ id: z.uuid(), channel: channelSchema, handle: z.string() });
const handlesAnswer = z.object({ items: z.array(handleAnswer) });

export const handleHandlers = Symbol('handle handlers');
export interface HandleHandlers {
  readonly linkHandle: LinkHandle;
  readonly unlinkHandle: UnlinkHandle;
}

@ApiTag('handles', 'The names that people are paid by')
@Controller('/v1/handles')
export class HandlesController {
  constructor(
    private readonly database: DataSource,
    @Inject(handleHandlers) private readonly handlers: HandleHandlers,
  ) {}

  @Get()
  @ApiSummary('My handles')
  @ApiReturns(200, handlesAnswer, 'All of them, oldest first')
  async list(@CurrentUser() { personId }: Principal): Promise<z.output<typeof handlesAnswer>> {
    return { items: await handlesOf(this.database.manager, personId) };
  }

  @Post()
  @ApiSummary('Link a handle, so that people can pay me by it')
  @ApiReturns(201, handleAnswer, 'Linked')
  @ApiProblems(
    problems['handle-unproved'],
    problems['handle-taken'],
    problems['handles-too-many'],
    problems['person-unknown'],
  )
  async link(
    @CurrentUser() { personId }: Principal,
    @ZodBody(handleBody) body: z.output<typeof handleBody>,
  ): Promise<Handle> {
    const linked = await this.handlers.linkHandle({ personId, ...body });
    if (typeof linked === 'string') throw refused(linked);
    return linked;
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiSummary('Remove a handle')
  @ApiReturns(204, undefined, 'Removed')
  @ApiProblems(problems['handle-unknown'], problems['handle-needed'])
  async unlink(
    @CurrentUser() { personId }: Principal,
    @ZodParams(handleParams) { id }: z.output<typeof handleParams>,
  ): Promise<void> {
    const outcome = await this.handlers.unlinkHandle({ personId, id });
    if (outcome !== 'unlinked') throw refused(outcome);
  }
}
