import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer, PaymentDto, PaymentRequest, Person } from './api-client.js';

/** A payment to be made, whatever happens on the way. */
export interface Intent {
  readonly payer: Person;
  readonly payee: Person;
  readonly value: number;
  readonly key: string;
}

export interface Accepted extends Intent {
  readonly answer: Answer<PaymentDto>;
}

const giveUpMs = 90_000;

/** A payment request to somebody, by phone number. */
export function euros(payee: Person, value: number): PaymentRequest {
  return { payee: { channel: 'phone', handle: payee.phone }, amount: { value, currency: 'EUR' } };
}

/**
 * Pays as a careful client does: sends the same request with the same key until somebody takes it. `heard` is told of each
 * answer, or why there was none. Throws where it is refused, or taken by nobody for 90 s.
 */
export async function payUntilTaken(
  intent: Intent,
  waitSeconds = 1,
  heard: (answer: Answer | Error) => void = () => undefined,
): Promise<Accepted> {
  const { payer, payee, value, key } = intent;
  for (const until = performance.now() + giveUpMs; ; await sleep(100)) {
    const answer = await payer.pay(euros(payee, value), key, waitSeconds).catch((error: Error) => error);
    heard(answer);
    if (!(answer instanceof Error) && answer.status < 300) return { ...intent, answer };
    if (!(answer instanceof Error) && answer.status < 500) throw new Error(JSON.stringify(answer.body));
    if (performance.now() > until) throw new Error(`not taken: ${told(answer)}`);
  }
}

function told(answer: Answer | Error): string {
  return answer instanceof Error ? answer.message : JSON.stringify(answer.body);
}
