import { networkOf } from './client-network.js';

describe('the network of an address', () => {
  it.each([
    ['an IPv4 address as it is', '198.51.100.7', '198.51.100.7'],
    ['the IPv4 address in an IPv6 one', '::ffff:198.51.100.7', '198.51.100.7'],
    ['the first 48 bits of an IPv6 address', '2001:db8:1:2:3:4:5:6', '2001:db8:1::/48'],
    ['the same for its neighbours', '2001:db8:1:ffff::9', '2001:db8:1::/48'],
    ['the same however it is written', '2001:0DB8:0001::', '2001:db8:1::/48'],
    ['with the zeros that were left out', '2001:db8::1', '2001:db8:0::/48'],
    ['with those at the beginning', '::1', '0:0:0::/48'],
    ['without the interface', 'fe80::1%eth0', 'fe80:0:0::/48'],
    ['unknown where it is none', 'unknown', 'unknown'],
    ['unknown where something is added', '198.51.100.7:443', 'unknown'],
    ['unknown where there are several', '10.0.0.1, 198.51.100.7', 'unknown'],
    ['unknown where there is none', '', 'unknown'],
  ])('is %s: %j', (_, address, network) => {
    expect(networkOf(address)).toBe(network);
  });
});
