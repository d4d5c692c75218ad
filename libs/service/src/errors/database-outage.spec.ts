import { isDatabaseOutage } from './database-outage.js';

const failure = (fields: object, message = 'failed') => Object.assign(new Error(message), fields);

describe('isDatabaseOutage', () => {
  it.each([
    failure({ code: '57P01' }),
    failure({ code: '08006' }),
    failure({ code: '53300' }),
    failure({ code: 'ECONNREFUSED', syscall: 'connect' }),
    failure({ code: 'ENOENT', syscall: 'connect' }),
    failure({}, 'Connection terminated unexpectedly'),
    failure({}, 'timeout exceeded when trying to connect'),
    failure({ driverError: failure({ code: '57P03' }) }),
  ])('is true for %s', (error) => expect(isDatabaseOutage(error)).toBe(true));

  it.each([
    failure({ code: '23505' }),
    failure({ code: '42P01' }),
    failure({ code: 'ENOENT', syscall: 'open' }),
    failure({}, 'something else'),
    'ECONNREFUSED',
    undefined,
  ])('is false for %s', (error) => expect(isDatabaseOutage(error)).toBe(false));
});
