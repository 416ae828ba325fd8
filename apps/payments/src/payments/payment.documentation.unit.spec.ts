import { openApiDocument, routesOf } from '@florin/service-host';
import { PaymentController } from './payment.controller.js';
import { createPaymentSchema, paymentExamples, paymentSchema } from './payment.dto.js';

describe('the documentation of payments', () => {
  const { paths, components } = openApiDocument('payments', routesOf([PaymentController]));

  it('has all that a client needs to pay', () => {
    expect(paths['/v1/payments']!['post']).toMatchObject({
      summary: expect.any(String),
      tags: ['payments'],
      parameters: [
        { name: 'Idempotency-Key', in: 'header', required: true },
        { name: 'Prefer', in: 'header', required: false },
      ],
      requestBody: {
        content: { 'application/json': { schema: { $ref: '#/components/schemas/CreatePayment' } } },
      },
      responses: {
        201: {
          headers: { Location: {} },
          content: { 'application/json': { example: { status: 'completed' } } },
        },
        202: {
          headers: { Location: {} },
          content: { 'application/json': { example: { status: 'created' } } },
        },
        404: { description: '- `payee-unknown`: The payee is not known' },
        400: { description: expect.stringMatching(/idempotency-key-missing.*idempotency-key-invalid/s) },
      },
    });
    expect(components).toMatchObject({ securitySchemes: { person: {} } });
    expect(components).not.toHaveProperty('securitySchemes.service');
  });

  it('has examples that are true', () => {
    const [example] = createPaymentSchema.meta()?.examples as unknown[];
    expect(createPaymentSchema.parse(example)).toEqual(example);
    for (const payment of Object.values(paymentExamples))
      expect(paymentSchema.parse(payment)).toEqual(payment);
  });
});
