import { clientAddress, requestHeaders, responseHeaders } from './headers.js';

describe('requestHeaders', () => {
  it('passes on what the API knows and nothing that a service might trust', () => {
    const incoming = {
      host: 'florin.example',
      connection: 'close, x-secret',
      authorization: 'Bearer a.b.c',
      'content-type': 'application/json',
      'idempotency-key': '"k"',
      prefer: 'wait=5',
      'last-event-id': '7',
      'x-forwarded-for': '10.0.0.1',
      forwarded: 'for=10.0.0.1',
      'x-real-ip': '10.0.0.1',
      baggage: 'admin=true',
      traceparent: '00-11111111111111111111111111111111-1111111111111111-01',
      'transfer-encoding': 'chunked',
      te: 'trailers',
      upgrade: 'websocket',
      'proxy-authorization': 'x',
      cookie: 'a=b',
      'x-person-id': 'admin',
    };
    const trace = { traceparent: '00-22222222222222222222222222222222-2222222222222222-01' };
    expect(requestHeaders(incoming, '192.0.2.1', trace)).toEqual({
      authorization: 'Bearer a.b.c',
      'content-type': 'application/json',
      'idempotency-key': '"k"',
      prefer: 'wait=5',
      'last-event-id': '7',
      'x-forwarded-for': '192.0.2.1',
      ...trace,
    });
  });
});

describe('responseHeaders', () => {
  it('keeps what is for the client and drops what was for the connection', () => {
    expect(
      responseHeaders({
        'content-type': 'application/json',
        'content-length': '2',
        location: '/v1/payments/1',
        connection: 'keep-alive, x-hop',
        'x-hop': '1',
        'keep-alive': 'timeout=72',
        'transfer-encoding': 'chunked',
        traceparent: 'x',
        'www-authenticate': ['Bearer', 'Basic'],
      }),
    ).toEqual({
      'content-type': 'application/json',
      'content-length': '2',
      location: '/v1/payments/1',
      'www-authenticate': ['Bearer', 'Basic'],
    });
  });
});

describe('clientAddress', () => {
  it.each([
    ['the connection itself without proxies, whatever the header claims', '198.51.100.7', 0, '192.0.2.1'],
    ['what our proxy saw', '198.51.100.7', 1, '198.51.100.7'],
    ['not what the client wrote before it', '10.0.0.1, 198.51.100.7', 1, '198.51.100.7'],
    ['what the outer of two proxies saw', 'forged, 198.51.100.7, 10.1.1.1', 2, '198.51.100.7'],
    ['the first where there are fewer than expected', '198.51.100.7', 3, '198.51.100.7'],
    ['the connection where the header is empty', ' , ', 1, '192.0.2.1'],
  ])('is %s', (_, header, proxies, address) => {
    expect(clientAddress('192.0.2.1', header, proxies)).toBe(address);
  });
});
