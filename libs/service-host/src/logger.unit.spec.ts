import { context, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { createLogger, type Logger } from './logger.js';
import { setUpTracing, tracer } from './tracing.js';

describe('createLogger', () => {
  let lines: Record<string, unknown>[];
  let text: string;
  let logger: Logger;
  beforeEach(() => {
    lines = [];
    text = '';
    logger = createLogger('identity', 'info', {
      write: (line: string) => {
        text += line;
        lines.push(JSON.parse(line) as Record<string, unknown>);
      },
    });
  });

  it('writes JSON with the service, the level by name and the time', () => {
    logger.info({ method: 'GET', status: 200 }, 'request');
    expect(lines).toEqual([
      {
        level: 'info',
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
        service: 'identity',
        pid: process.pid,
        method: 'GET',
        status: 200,
        msg: 'request',
      },
    ]);
  });

  it.each([
    'authorization',
    'token',
    'accessToken',
    'clientSecret',
    'oneTimeCode',
    'phone',
    'handle',
    'body',
    'pin',
  ])('never writes a value called %s', (name) => {
    logger.info({ [name]: 'hush', request: { [name]: 'hush' } }, 'x');
    expect(text).not.toContain('hush');
  });

  it('takes tokens and phone numbers out of any text', () => {
    const token = 'eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl';
    logger.warn(
      { url: `/v1/payees?phone=+393331234567`, err: new Error(`bad ${token}`) },
      'for +393331234567',
    );
    expect(text).not.toContain('333123');
    expect(text).not.toContain('c2lnbmF0dXJl');
    expect(text).toContain('[redacted]');
  });

  it('keeps of an error only what is safe: drivers hang rows and parameters on theirs', () => {
    const cause = Object.assign(new Error('duplicate key'), {
      code: '23505',
      detail: 'Key (phone)=(secret) exists',
    });
    const error = Object.assign(new Error('insert failed', { cause }), {
      parameters: ['secret'],
      query: 'secret',
    });
    logger.error({ err: error }, 'failed');
    expect(text).not.toContain('secret');
    expect(lines[0]!['err']).toMatchObject({
      type: 'Error',
      message: 'insert failed',
      cause: { message: 'duplicate key', code: '23505' },
    });
  });

  it('names the trace and the span that it is written in', async () => {
    await setUpTracing('identity');
    const span = tracer().startSpan('x', {}, ROOT_CONTEXT);
    context.with(trace.setSpan(ROOT_CONTEXT, span), () => logger.info('inside'));
    logger.info('outside');
    const { traceId, spanId } = span.spanContext();
    expect(lines[0]).toMatchObject({ traceId, spanId });
    expect(lines[1]).not.toHaveProperty('traceId');
  });
});
