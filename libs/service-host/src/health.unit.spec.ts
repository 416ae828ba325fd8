import { HealthRegistry } from './health.js';

describe('HealthRegistry', () => {
  it('is ok while every check is', async () => {
    const health = new HealthRegistry('wallet');
    health.add('postgres', () => Promise.resolve());
    expect(await health.report()).toEqual({ status: 'ok', service: 'wallet', checks: { postgres: 'ok' } });
  });

  it('names what is missing, by its code and not by its message', async () => {
    const health = new HealthRegistry('wallet');
    health.add('postgres', () =>
      Promise.reject(Object.assign(new Error('secret address'), { code: 'ECONNREFUSED' })),
    );
    health.add('kafka', () => {
      throw new Error('secret');
    });
    expect(await health.report()).toEqual({
      status: 'unavailable',
      service: 'wallet',
      checks: { postgres: 'failed (ECONNREFUSED)', kafka: 'failed' },
    });
  });

  it('gives up on a check that does not answer', async () => {
    const health = new HealthRegistry('wallet', 5);
    health.add('eventstore', () => new Promise(() => undefined));
    expect((await health.report()).checks).toEqual({ eventstore: 'no answer in 5 ms' });
  });

  it('runs the checks once for all who ask at the same time', async () => {
    const health = new HealthRegistry('wallet');
    let runs = 0;
    health.add('postgres', async () => void (runs += 1));
    await Promise.all([health.report(), health.report(), health.report()]);
    expect(runs).toBe(1);
    await health.report();
    expect(runs).toBe(2);
  });

  it('tells of what it works with and is ready without', async () => {
    const health = new HealthRegistry('gateway');
    health.inform('wallet', () => Promise.reject(new Error('secret')));
    expect(await health.report()).toEqual({
      status: 'ok',
      service: 'gateway',
      checks: {},
      dependencies: { wallet: 'failed' },
    });
    expect(() => health.inform('wallet', () => Promise.resolve())).toThrow('exists already');
  });

  it('is not ready once it stops', async () => {
    const health = new HealthRegistry('wallet');
    health.stop();
    expect(await health.report()).toMatchObject({ status: 'unavailable', checks: { shutdown: 'stopping' } });
  });

  it('refuses a second check of one name', () => {
    const health = new HealthRegistry('wallet');
    health.add('postgres', () => Promise.resolve());
    expect(() => health.add('postgres', () => Promise.resolve())).toThrow('exists already');
  });
});
