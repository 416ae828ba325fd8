import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:tls';
import { makeCertificateAuthority } from './certificates.js';

const authority = makeCertificateAuthority();

describe('a certificate authority', () => {
  it('issues what it has signed, for the hosts and the time named', () => {
    const issued = new X509Certificate(authority.issue('server', ['engine.test', '127.0.0.1']).cert);
    const ca = new X509Certificate(authority.ca);
    expect(ca.ca).toBe(true);
    expect(ca.verify(ca.publicKey)).toBe(true);
    expect(issued.verify(ca.publicKey)).toBe(true);
    expect(issued.checkIssued(ca)).toBe(true);
    expect(issued.ca).toBe(false);
    expect(issued.subject).toBe('CN=server');
    expect(issued.checkHost('engine.test')).toBe('engine.test');
    expect(issued.checkIP('127.0.0.1')).toBe('127.0.0.1');
    expect(issued.checkHost('other.test')).toBeUndefined();
    expect(issued.validFromDate.getTime()).toBeLessThan(Date.now());
    expect(issued.validToDate.getTime()).toBeGreaterThan(Date.now() + 24 * 60 * 60 * 1000);
    expect(issued.serialNumber).not.toBe(ca.serialNumber);
  });

  it('is believed by both sides of a connection', async () => {
    const client = authority.issue('wallet');
    const server = createServer(
      { ...authority.issue('server'), ca: authority.ca, requestCert: true },
      (socket) => socket.end(`${socket.authorized} ${socket.getPeerCertificate().subject.CN}`),
    ).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const socket = connect({ host: '127.0.0.1', port, ca: authority.ca, ...client });
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(answer.toString()).toBe('true wallet');
    socket.destroy();
    const stranger = connect({ host: '127.0.0.1', port, ca: makeCertificateAuthority().ca });
    const [refusal] = (await once(stranger, 'error')) as [Error];
    expect(refusal.message).toMatch(/self-signed certificate|unable to verify|signature failure/);
    server.close();
  });
});
