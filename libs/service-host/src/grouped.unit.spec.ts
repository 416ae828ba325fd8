import { setImmediate as nextTurn } from 'node:timers/promises';
import { grouped } from './grouped.js';

/** Answers each group when it is told to. */
function slow() {
  const groups: { inputs: readonly number[]; answer: () => void }[] = [];
  const run = (inputs: readonly number[]) => {
    const { promise, resolve } = Promise.withResolvers<readonly string[]>();
    groups.push({ inputs, answer: () => resolve(inputs.map(String)) });
    return promise;
  };
  return { groups, run, inputs: () => groups.map(({ inputs }) => inputs) };
}

it('takes together what comes in one turn, or while others are under way', async () => {
  const { groups, inputs, run } = slow();
  const ask = grouped(run, { underWay: 1 });
  const first = [ask(1), ask(2)];
  await nextTurn();
  const later = [ask(3), ask(4), ask(5)];
  await nextTurn();
  expect(inputs()).toEqual([[1, 2]]);
  groups[0]?.answer();
  expect(await Promise.all(first)).toEqual(['1', '2']);
  await nextTurn();
  expect(inputs()).toEqual([
    [1, 2],
    [3, 4, 5],
  ]);
  groups[1]?.answer();
  expect(await Promise.all(later)).toEqual(['3', '4', '5']);
});

it('has bounds: calls of a group, and groups at once', async () => {
  const { groups, inputs, run } = slow();
  const ask = grouped(run, { atMost: 2, underWay: 2 });
  const all = [1, 2, 3, 4, 5].map(ask);
  await nextTurn();
  await nextTurn();
  expect(inputs()).toEqual([
    [1, 2],
    [3, 4],
  ]);
  groups.forEach(({ answer }) => answer());
  await nextTurn();
  await nextTurn();
  groups[2]?.answer();
  expect(await Promise.all(all)).toEqual(['1', '2', '3', '4', '5']);
});

it('fails no call for the sake of another', async () => {
  const calls: (readonly number[])[] = [];
  const ask = grouped(async (inputs: readonly number[]) => {
    calls.push(inputs);
    if (inputs.includes(2)) throw new Error('two is not possible');
    return Promise.resolve(inputs.map(String));
  });
  const outcomes = await Promise.allSettled([ask(1), ask(2), ask(3)]);
  expect(outcomes).toEqual([
    { status: 'fulfilled', value: '1' },
    { status: 'rejected', reason: new Error('two is not possible') },
    { status: 'fulfilled', value: '3' },
  ]);
  expect(calls).toEqual([[1, 2, 3], [1], [2], [3]]);
});

it('goes on after a failure', async () => {
  let broken = true;
  const ask = grouped((inputs: readonly number[]) =>
    broken ? Promise.reject(new Error('away')) : Promise.resolve(inputs.map(String)),
  );
  await expect(ask(1)).rejects.toThrow('away');
  broken = false;
  expect(await ask(2)).toBe('2');
});
