import { isTransient } from './transient.js';

const coded = (code: string): Error => Object.assign(new Error('failed'), { code });

describe('isTransient', () => {
  it.each([
    ['a refused connection', coded('ECONNREFUSED')],
    ['a database that shuts down', coded('57P01')],
    ['a deadlock', coded('40P01')],
    ['too many connections', coded('53300')],
    ['an error that says so', Object.assign(new Error('away'), { transient: true })],
    ['an error of kafkajs that may be retried', Object.assign(new Error('no leader'), { retriable: true })],
    ['a cause', new Error('failed', { cause: coded('ECONNRESET') })],
    [
      "the driver's error in TypeORM's",
      Object.assign(new Error('query failed'), { driverError: coded('08006') }),
    ],
    ['a connection that broke', new Error('Connection terminated unexpectedly')],
    ['a pool without connections', new Error('timeout exceeded when trying to connect')],
  ])('waits for %s', (_, error) => expect(isTransient(error)).toBe(true));

  it.each([
    ['a broken rule of the database', coded('23505')],
    ['a bug', new TypeError('undefined is not a function')],
    ['what is no error', 'ECONNREFUSED'],
    ['a final error of kafkajs', Object.assign(new Error('too large'), { retriable: false })],
  ])('does not wait for %s', (_, error) => expect(isTransient(error)).toBe(false));

  it('survives an error that is its own cause', () => {
    const error = new Error('round');
    error.cause = error;
    expect(isTransient(error)).toBe(false);
  });
});
