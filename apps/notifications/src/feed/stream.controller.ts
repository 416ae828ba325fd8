import {
  ApiProblems,
  ApiReturns,
  ApiSummary,
  ApiTag,
  commonProblems,
  CurrentUser,
  ProblemError,
  ZodHeaders,
  ZodQuery,
  type Principal,
} from '@florin/service-host';
import { Controller, Get, Logger, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { DataSource } from 'typeorm';
import { z } from 'zod';
import { problems, refused } from '../problems.js';
import { FeedStreams, type FeedStream } from './feed-streams.js';
import { feedCursor, notificationBody } from './feed.controller.js';
import { lastPosition, type Placed } from './feed.store.js';

const heartbeatMs = 15_000;

const streamHeaders = z.object({
  'Last-Event-ID': feedCursor
    .optional()
    .describe('The id of the last event read, to go on after it; without one the stream begins now'),
});

const noQuery = z.object({});

@ApiTag('notifications', 'What people are told')
@Controller('/v1/notifications/stream')
export class StreamController {
  private readonly logger = new Logger(StreamController.name);

  constructor(
    private readonly database: DataSource,
    private readonly streams: FeedStreams,
  ) {}

  @Get()
  @ApiSummary('What I am told from now on, or from Last-Event-ID on, as Server-Sent Events')
  @ApiReturns(200, z.string(), 'Events `notification` whose id is a cursor; ends with the token', {
    mediaType: 'text/event-stream',
  })
  @ApiProblems(problems['streams-too-many'])
  async stream(
    @CurrentUser() { personId, expiresAt }: Principal,
    @ZodHeaders(streamHeaders) { 'Last-Event-ID': after }: z.output<typeof streamHeaders>,
    @ZodQuery(noQuery) _query: z.output<typeof noQuery>,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    // Fastify adds it to every GET, and a stream whose events are left out would go on in silence.
    if (reply.request.method === 'HEAD') {
      throw new ProblemError(
        commonProblems['method-not-allowed'],
        'HEAD is not possible here; GET is.',
        {},
        { allow: 'GET' },
      );
    }
    const position = after ?? (await lastPosition(this.database.manager, personId));
    const { raw } = reply;
    const open = (): boolean => !raw.writableEnded && !raw.destroyed;
    const stream: FeedStream = {
      personId,
      position,
      ready: () => open() && !raw.writableNeedDrain,
      send: (news) => raw.write(news.map(eventText).join('')),
    };
    if (!this.streams.open(stream)) throw refused('streams-too-many');

    // From here on we write the response ourselves: nothing may throw, and whatever happens ends in `close`.
    reply.hijack();
    const heartbeat = setInterval(() => {
      // Still no room since the last heartbeat: whoever does not read may come back with a cursor.
      if (raw.writableNeedDrain) raw.destroy();
      else if (open()) raw.write(':\n\n');
    }, heartbeatMs);
    const expiry = setTimeout(
      () => {
        if (open()) raw.end();
      },
      Math.max(0, expiresAt.getTime() - Date.now()),
    );
    const closed = (): void => {
      clearInterval(heartbeat);
      clearTimeout(expiry);
      this.streams.close(stream);
    };
    raw
      .on('drain', () => this.streams.wake())
      .on('error', (error) => this.logger.warn(`a stream broke: ${error.message}`))
      .once('close', closed);
    if (raw.closed || !open()) return closed();
    // Set one by one, for the shutdown finds streams by their content type.
    raw.setHeader('content-type', 'text/event-stream; charset=utf-8');
    raw.setHeader('cache-control', 'no-store');
    raw.setHeader('x-accel-buffering', 'no');
    raw.writeHead(200);
    raw.write('retry: 2000\n\n');
  }
}

function eventText({ position, notification }: Placed): string {
  return `id: ${position}\nevent: notification\ndata: ${JSON.stringify(notificationBody(notification))}\n\n`;
}
