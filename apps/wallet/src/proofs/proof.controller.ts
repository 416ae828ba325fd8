import {
  eventProofSchema,
  liabilityDocumentSchema,
  type EventProof,
  type LiabilityDocument,
} from '@florin/books';
import {
  ApiProblems,
  ApiReturns,
  ApiSummary,
  ApiTag,
  CurrentUser,
  ProblemError,
  Public,
  toPage,
  ZodParams,
  ZodQuery,
  type Principal,
} from '@florin/service-host';
import { Controller, Get, Inject, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { proofProblems, walletProblems } from '../problems.js';
import {
  checkpointPageSchema,
  checkpointsQuerySchema,
  consistencyQuerySchema,
  consistencySchema,
  entryParamsSchema,
  ledgerKeysSchema,
  ledgerParamsSchema,
  liabilityQuerySchema,
  toCheckpointDto,
  toLedgerKeys,
} from './proof.dto.js';
import { NothingSaid, NotMadeYet, NotSignedYet, type ProofQueries } from './proof.queries.js';
import type { PublicKeys } from './signing.js';

export const proofQueries = Symbol('proof queries');

type LedgerParams = z.output<typeof ledgerParamsSchema>;

@ApiTag('proofs', 'What anybody needs to check the ledgers by, without trusting who keeps them')
@Controller('v1/ledgers/:ledger')
@ApiProblems(proofProblems['ledger-not-found'])
export class ProofController {
  constructor(@Inject(proofQueries) private readonly queries: ProofQueries) {}

  @Get('keys')
  @Public()
  @ApiSummary('The public keys that sign the checkpoints of a ledger')
  @ApiReturns(200, ledgerKeysSchema, 'The key that signs now, then those that signed before')
  async keys(@ZodParams(ledgerParamsSchema) params: LedgerParams): Promise<z.infer<typeof ledgerKeysSchema>> {
    const { ledger, keys } = this.kept(params);
    const latest = await this.queries.latest(ledger);
    return toLedgerKeys(ledger, keys, latest?.keys ?? []);
  }

  @Get('checkpoints/latest')
  @Public()
  @ApiSummary('The newest signed head of a ledger')
  @ApiReturns(200, z.string(), 'A signed note (C2SP tlog-checkpoint)', { mediaType: 'text/plain' })
  @ApiProblems(proofProblems['ledger-not-found'], proofProblems['checkpoint-not-found'])
  async latest(
    @ZodParams(ledgerParamsSchema) params: LedgerParams,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    const { note } = await this.newest(this.kept(params).ledger);
    reply.type('text/plain; charset=utf-8').header('cache-control', 'no-cache');
    return note;
  }

  @Get('checkpoints')
  @Public()
  @ApiSummary('The signed heads of a ledger')
  @ApiReturns(200, checkpointPageSchema, 'Checkpoints, newest first')
  async checkpoints(
    @ZodParams(ledgerParamsSchema) params: LedgerParams,
    @ZodQuery(checkpointsQuerySchema) { cursor, limit }: z.output<typeof checkpointsQuerySchema>,
  ): Promise<z.infer<typeof checkpointPageSchema>> {
    const found = await this.queries.checkpoints(this.kept(params).ledger, {
      before: cursor,
      limit: limit + 1,
    });
    return toPage(found.map(toCheckpointDto), limit, ({ number }) => String(number));
  }

  @Get('consistency')
  @Public()
  @ApiSummary('Proof that a smaller tree of a ledger is the beginning of a larger one')
  @ApiReturns(200, consistencySchema, 'A proof of consistency (RFC 9162)')
  @ApiProblems(proofProblems['ledger-not-found'], proofProblems['checkpoint-not-found'])
  async consistency(
    @ZodParams(ledgerParamsSchema) params: LedgerParams,
    @ZodQuery(consistencyQuerySchema) { from, to }: z.output<typeof consistencyQuerySchema>,
  ): Promise<z.infer<typeof consistencySchema>> {
    const { ledger } = this.kept(params);
    const { size } = await this.newest(ledger);
    const end = to ?? size;
    if (end > size || from > end) {
      throw new ProblemError(
        proofProblems['checkpoint-not-found'],
        `The newest checkpoint covers ${size} events; nothing is proved beyond it.`,
      );
    }
    const proof = await this.queries.consistency(ledger, from, end);
    return { ledger, from, to: end, proof: proof.map((hash) => hash.toString('base64')) };
  }

  @Get('entries/:entryId/proof')
  @ApiSummary('Proof that an entry of mine is in the ledger, for anybody who has its public key')
  @ApiReturns(
    200,
    eventProofSchema,
    'The entry, a signed head of the ledger, and the way from one to the other',
  )
  @ApiProblems(
    proofProblems['ledger-not-found'],
    proofProblems['checkpoint-not-found'],
    proofProblems['entry-not-found'],
    proofProblems['checkpoint-behind'],
    walletProblems['balance-behind'],
  )
  async entryProof(
    @CurrentUser() user: Principal,
    @ZodParams(entryParamsSchema) params: z.output<typeof entryParamsSchema>,
  ): Promise<EventProof> {
    const { ledger } = this.kept(params);
    const proof = await this.queries.entryProof(user.personId, ledger, params.entryId).catch(orBehind);
    if (proof !== undefined) return proof;
    throw new ProblemError(
      proofProblems['entry-not-found'],
      'No entry of this id has moved money on an account of yours.',
    );
  }

  @Get('liabilities/proof')
  @ApiSummary('Proof that what is owed to me is in what the ledger says that it owes in all')
  @ApiReturns(200, liabilityDocumentSchema, 'My balance, a signed head of the ledger, and the way between')
  @ApiProblems(
    proofProblems['ledger-not-found'],
    proofProblems['checkpoint-not-found'],
    proofProblems['account-not-found'],
    proofProblems['proof-not-made'],
  )
  async liabilityProof(
    @CurrentUser() user: Principal,
    @ZodParams(ledgerParamsSchema) params: LedgerParams,
    @ZodQuery(liabilityQuerySchema) asked: z.output<typeof liabilityQuerySchema>,
  ): Promise<LiabilityDocument> {
    const { ledger } = this.kept(params);
    const proof = await this.queries.liabilityProof(user.personId, ledger, asked).catch(orNotMade);
    if (proof !== undefined) return proof;
    throw new ProblemError(
      proofProblems['account-not-found'],
      'Nothing was owed to you on such an account at that checkpoint.',
    );
  }

  private kept({ ledger }: LedgerParams): { ledger: string; keys: PublicKeys } {
    const keys = this.queries.keys(ledger);
    if (keys !== undefined) return { ledger, keys };
    throw new ProblemError(proofProblems['ledger-not-found'], `No ledger ${ledger} is kept here.`);
  }

  private async newest(ledger: string): Promise<{ note: string; size: number }> {
    const latest = await this.queries.latest(ledger);
    if (latest !== undefined) return latest;
    throw new ProblemError(
      proofProblems['checkpoint-not-found'],
      `No checkpoint of ${ledger} has been signed yet.`,
    );
  }
}

function orNotMade(error: unknown): never {
  if (error instanceof NothingSaid) {
    throw new ProblemError(
      proofProblems['checkpoint-not-found'],
      'There is no such checkpoint that says what is owed.',
    );
  }
  if (!(error instanceof NotMadeYet)) throw error;
  throw new ProblemError(
    proofProblems['proof-not-made'],
    'The proof is being made; ask again in a few seconds.',
    {},
    { 'retry-after': '5' },
  );
}

function orBehind(error: unknown): never {
  if (!(error instanceof NotSignedYet)) throw error;
  throw new ProblemError(
    proofProblems['checkpoint-behind'],
    'The entry is in the ledger, and the next signed checkpoint will cover it; ask again in a few seconds.',
    {},
    { 'retry-after': '5' },
  );
}
