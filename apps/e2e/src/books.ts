import type { Stack } from '@florin/local-stack';
import { type Accepted, eventually, exactlyOnce, gatherEvidence, type Person } from '@florin/testing';

export { payUntilTaken, type Accepted, type Intent } from '@florin/testing';

const giveUpMs = 90_000;

/**
 * Holds everything that was accepted against what each person's API and the auditor say: complete, entered and told
 * exactly once, and the same balances by every way of looking. Everybody was funded once with `funding`.
 */
export async function expectExactlyOnce(
  { eventStoreUrl }: Stack,
  people: readonly Person[],
  funding: number,
  accepted: readonly Accepted[],
): Promise<void> {
  await eventually(async () => {
    const evidence = await gatherEvidence({ eventStoreUrl, people, funding, accepted });
    expect(exactlyOnce(evidence)).toEqual([]);
  }, giveUpMs);
}
