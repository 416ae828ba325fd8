import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { isIPv4, isIPv6 } from 'node:net';

/**
 * The network of whoever asks. The gateway writes X-Forwarded-For itself and lets nothing through that a client put
 * there; identity has no other way in for strangers. Who calls without it is known by their connection.
 */
export const ClientNetwork = createParamDecorator((_: unknown, context: ExecutionContext): string => {
  const request = context.switchToHttp().getRequest<FastifyRequest>();
  const forwarded = request.headers['x-forwarded-for'];
  return networkOf(typeof forwarded === 'string' ? forwarded : request.ip);
});

/**
 * What challenges are counted by: an IPv4 address, or the first 48 bits of an IPv6 address, since one line or server
 * comes with thousands of addresses. Whatever else a proxy may write counts as one network, `unknown`.
 */
export function networkOf(address: string): string {
  const plain = address.trim().replace(/^::ffff:(?=\d+\.)/i, '');
  if (isIPv4(plain)) return plain;
  const unscoped = plain.replace(/%.*$/, '');
  if (!isIPv6(unscoped)) return 'unknown';
  // A URL has every IPv6 address in one spelling: no leading zeros, one "::" at most.
  const [head = '', tail] = new URL(`http://[${unscoped}]/`).hostname.slice(1, -1).split('::');
  const before = groupsOf(head);
  const omitted = tail === undefined ? 0 : 8 - before.length - groupsOf(tail).length;
  const groups = [...before, ...Array<string>(omitted).fill('0'), ...groupsOf(tail ?? '')];
  return `${groups.slice(0, 3).join(':')}::/48`;
}

const groupsOf = (part: string): string[] => (part === '' ? [] : part.split(':'));
