import type { Payment } from './payment.js';
import { PaymentWaiters } from './payment.waiters.js';

const a = { id: 'a' } as Payment;
const b = { id: 'b' } as Payment;

describe('PaymentWaiters', () => {
  it('gives the decided payment to every request that waits for it, and forgets them', async () => {
    const waiters = new PaymentWaiters();
    const both = Promise.all([waiters.wait('a', 60_000), waiters.wait('a', 60_000)]);
    waiters.settle([b, a]);
    expect(await both).toEqual([a, a]);
    expect(waiters.size).toBe(0);
  });

  it('lets a request go empty-handed after its time', async () => {
    const waiters = new PaymentWaiters();
    expect(await waiters.wait('a', 1)).toBeUndefined();
    expect(waiters.size).toBe(0);
  });

  it('has few places, and fewer for one person: whoever finds none does not wait', async () => {
    const waiters = new PaymentWaiters({ ofPerson: 2, ofAll: 3 });
    const { promise, resolve } = Promise.withResolvers<string>();
    const wait = (personId: string) => waiters.within(personId, () => promise);
    const first = [wait('anna'), wait('anna')];
    expect(await wait('anna')).toBeUndefined();
    const third = wait('bruno');
    expect(await wait('carla')).toBeUndefined();
    resolve('decided');
    expect(await Promise.all([...first, third])).toEqual(['decided', 'decided', 'decided']);
    expect(await wait('carla')).toBe('decided');
  });

  it('gives a place back when the wait fails', async () => {
    const waiters = new PaymentWaiters({ ofPerson: 1, ofAll: 1 });
    const broken = () => waiters.within('anna', () => Promise.reject(new Error('no database')));
    await expect(broken()).rejects.toThrow('no database');
    await expect(broken()).rejects.toThrow('no database');
  });

  it('lets everybody go when the service stops', async () => {
    const waiters = new PaymentWaiters();
    const both = Promise.all([waiters.wait('a', 60_000), waiters.wait('b', 60_000)]);
    waiters.close();
    expect(await both).toEqual([undefined, undefined]);
    expect(await waiters.wait('a', 60_000)).toBeUndefined();
    expect(waiters.size).toBe(0);
  });
});
