import { parseTilePath } from '@florin/books';
import { ledgerIdSchema } from '@florin/contracts';
import {
  ApiProblems,
  ApiReturns,
  ApiSummary,
  ApiTag,
  ProblemError,
  Public,
  ZodParams,
} from '@florin/service-host';
import { Controller, Get, Inject, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { proofProblems } from '../problems.js';
import { proofQueries } from './proof.controller.js';
import { ledgerParamsSchema } from './proof.dto.js';
import type { ProofQueries } from './proof.queries.js';

const part = z.string().max(10);
const level = part.describe('Level of the tile: 0 has the leaves');
const a = part.describe(
  'Number of the tile in groups of three digits, an x before all but the last: x001, 234',
);
const b = part.describe('The next group, or of a partial tile its width');
const ofOne = z.strictObject({ ledger: ledgerIdSchema, level, a });
const ofTwo = ofOne.extend({ b });
const ofThree = ofTwo.extend({ c: b });
const ofFour = ofThree.extend({ d: b });

type TileParams = z.output<typeof ofOne> & { readonly b?: string; readonly c?: string; readonly d?: string };

/** What is in a tile never changes, nor in the beginning of one. */
const forEver = 'public, max-age=31536000, immutable';
const shortly = 'public, max-age=1';

const bytes = z.string().meta({ description: 'Hashes of 32 bytes, one after the other' });
const description = 'A tile: 256 hashes, or as many as were asked for';
const mediaType = { mediaType: 'application/octet-stream' };

/**
 * The tree of a ledger as C2SP tlog-tiles has it, below `/v1/ledgers/<ledger>`, for witnesses and monitors. There are no bundles of
 * entries (`tile/entries/…`): who paid whom is nobody else's business, and what a hash says of an entry is nothing.
 */
@ApiTag('proofs', 'What anybody needs to check the ledgers by, without trusting who keeps them')
@Controller('v1/ledgers/:ledger')
@Public()
@ApiProblems(proofProblems['ledger-not-found'])
export class TileController {
  constructor(@Inject(proofQueries) private readonly queries: ProofQueries) {}

  @Get('checkpoint')
  @ApiSummary('The newest signed head of a ledger (C2SP tlog-tiles)')
  @ApiReturns(200, z.string(), 'A signed note (C2SP tlog-checkpoint)', { mediaType: 'text/plain' })
  @ApiProblems(proofProblems['ledger-not-found'], proofProblems['checkpoint-not-found'])
  async checkpoint(
    @ZodParams(ledgerParamsSchema) { ledger }: z.output<typeof ledgerParamsSchema>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    const latest = this.queries.keys(ledger) && (await this.queries.latest(ledger));
    if (latest === undefined) throw notFound(ledger, this.queries);
    reply.type('text/plain; charset=utf-8').header('cache-control', shortly);
    return latest.note;
  }

  @Get('tile/:level/:a')
  @ApiSummary('A full tile of the tree of a ledger (C2SP tlog-tiles): tile/0/001')
  @ApiReturns(200, bytes, description, mediaType)
  @ApiProblems(proofProblems['ledger-not-found'], proofProblems['tile-not-found'])
  one(
    @ZodParams(ofOne) params: TileParams,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Buffer> {
    return this.tile(params, reply);
  }

  @Get('tile/:level/:a/:b')
  @ApiSummary('The same with a larger number, tile/0/x001/234, or partial, tile/0/001.p/17')
  @ApiReturns(200, bytes, description, mediaType)
  @ApiProblems(proofProblems['ledger-not-found'], proofProblems['tile-not-found'])
  two(
    @ZodParams(ofTwo) params: TileParams,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Buffer> {
    return this.tile(params, reply);
  }

  @Get('tile/:level/:a/:b/:c')
  @ApiSummary('The same with a larger number, or partial: tile/0/x001/234.p/17')
  @ApiReturns(200, bytes, description, mediaType)
  @ApiProblems(proofProblems['ledger-not-found'], proofProblems['tile-not-found'])
  three(
    @ZodParams(ofThree) params: TileParams,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Buffer> {
    return this.tile(params, reply);
  }

  @Get('tile/:level/:a/:b/:c/:d')
  @ApiSummary('The same, partial: tile/0/x001/x234/567.p/17')
  @ApiReturns(200, bytes, description, mediaType)
  @ApiProblems(proofProblems['ledger-not-found'], proofProblems['tile-not-found'])
  four(
    @ZodParams(ofFour) params: TileParams,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Buffer> {
    return this.tile(params, reply);
  }

  private async tile({ ledger, ...path }: TileParams, reply: FastifyReply): Promise<Buffer> {
    if (this.queries.keys(ledger) === undefined) throw notFound(ledger, this.queries);
    const parts = [path.level, path.a, path.b, path.c, path.d].filter((one) => one !== undefined);
    const place = parseTilePath(parts.join('/'));
    const hashes = place && (await this.queries.tile(ledger, place));
    if (hashes === undefined) {
      const detail =
        path.level === 'entries'
          ? 'Entries are not public; who has an account in one gets its proof.'
          : `There is no tile ${parts.join('/')} in what was signed of ${ledger}.`;
      throw new ProblemError(proofProblems['tile-not-found'], detail);
    }
    reply.type('application/octet-stream').header('cache-control', forEver);
    return hashes;
  }
}

function notFound(ledger: string, queries: ProofQueries): ProblemError {
  return queries.keys(ledger) === undefined
    ? new ProblemError(proofProblems['ledger-not-found'], `No ledger ${ledger} is kept here.`)
    : new ProblemError(
        proofProblems['checkpoint-not-found'],
        `No checkpoint of ${ledger} has been signed yet.`,
      );
}
