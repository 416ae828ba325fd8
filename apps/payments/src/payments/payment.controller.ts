import {
  AccessToken,
  amountProblems,
  ApiProblems,
  ApiReturns,
  ApiSummary,
  ApiTag,
  commonProblems,
  CurrentUser,
  IdempotencyKey,
  PreferWait,
  ProblemError,
  toPage,
  ZodBody,
  ZodParams,
  ZodQuery,
  type Principal,
} from '@florin/service-host';
import { Controller, Get, Inject, Post, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import { failureProblems, paymentProblems } from '../problems.js';
import { failureSentences, type CreatePayment, type CreatePaymentResult } from './create-payment.handler.js';
import {
  createPaymentSchema,
  listPaymentsSchema,
  paymentIdSchema,
  paymentPageSchema,
  paymentExamples,
  paymentSchema,
  toPaymentDto,
  type CreatePaymentDto,
  type PaymentDto,
} from './payment.dto.js';
import type { Payment } from './payment.js';

/** What the routes stand for, built in the module. */
export interface PaymentHandlers {
  readonly create: (command: CreatePayment) => Promise<CreatePaymentResult>;
  readonly find: (id: string, personId: string) => Promise<Payment | undefined>;
  readonly list: (
    personId: string,
    page: { limit: number; before: string | undefined },
  ) => Promise<Payment[]>;
}

export const paymentHandlers = Symbol('payment handlers');

const { 'payment-not-found': _, ...problemsOfPaying } = paymentProblems;

const waitSeconds = { max: 30, otherwise: 5 };
const location = { Location: 'Where the payment is: `/v1/payments/{id}`' };

@ApiTag('payments', 'Money from one person to another')
@Controller('v1/payments')
export class PaymentController {
  constructor(@Inject(paymentHandlers) private readonly handlers: PaymentHandlers) {}

  @Post()
  @ApiSummary('Pay somebody by a handle of theirs')
  @ApiReturns(201, paymentSchema, 'The money has moved', {
    headers: location,
    example: paymentExamples.completed,
  })
  @ApiReturns(202, paymentSchema, 'Accepted; look at the Location for the outcome', {
    headers: location,
    example: paymentExamples.created,
  })
  @ApiProblems(...Object.values(problemsOfPaying), ...amountProblems, commonProblems.unavailable)
  async create(
    @CurrentUser() user: Principal,
    @AccessToken() accessToken: string,
    @IdempotencyKey() idempotencyKey: string,
    @PreferWait(waitSeconds) seconds: number,
    @ZodBody(createPaymentSchema) body: CreatePaymentDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<PaymentDto> {
    const result = await this.handlers.create({
      payerId: user.personId,
      accessToken,
      idempotencyKey,
      body,
      waitMs: seconds * 1_000,
    });
    if ('refused' in result) throw new ProblemError(paymentProblems[result.refused], result.detail);
    return answer(result.payment, reply);
  }

  @Get()
  @ApiSummary('My payments, sent and received')
  @ApiReturns(200, paymentPageSchema, 'Your payments, newest first')
  async list(
    @CurrentUser() user: Principal,
    @ZodQuery(listPaymentsSchema) { cursor, limit }: z.output<typeof listPaymentsSchema>,
  ): Promise<z.infer<typeof paymentPageSchema>> {
    const payments = await this.handlers.list(user.personId, { before: cursor, limit: limit + 1 });
    return toPage(payments.map(toPaymentDto), limit, ({ id }) => id);
  }

  @Get(':id')
  @ApiSummary('A payment of mine and what became of it')
  @ApiReturns(200, paymentSchema, 'The payment', { example: paymentExamples.completed })
  @ApiProblems(paymentProblems['payment-not-found'])
  async find(
    @CurrentUser() user: Principal,
    @ZodParams(paymentIdSchema) { id }: z.output<typeof paymentIdSchema>,
  ): Promise<PaymentDto> {
    const payment = await this.handlers.find(id, user.personId);
    if (payment === undefined) {
      throw new ProblemError(
        paymentProblems['payment-not-found'],
        'There is no payment of yours with this id.',
      );
    }
    return toPaymentDto(payment);
  }
}

/** 201 when the money moved, 202 while it is under way, a problem when the ledger refused: always the same for the same payment. */
function answer(payment: Payment, reply: FastifyReply): PaymentDto {
  const location = `/v1/payments/${payment.id}`;
  if (payment.failureCode !== null) {
    throw new ProblemError(failureProblems[payment.failureCode], failureSentences[payment.failureCode], {
      payment: location,
    });
  }
  void reply.status(payment.status === 'completed' ? 201 : 202).header('location', location);
  return toPaymentDto(payment);
}
