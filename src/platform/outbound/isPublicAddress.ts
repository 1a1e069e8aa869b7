import { BlockList, isIP } from 'node:net';

/*
 * An outgoing call may go to public addresses only. The address of a name is classified at the moment of connecting, so
 * that a name which points into our own network, now or a moment later, reaches nothing there.
 */

const NOT_PUBLIC = new BlockList();
// IANA's registries of special-purpose addresses, with their multicast and reserved blocks.
const V4 = [
  ['0.0.0.0', 8], // this network
  ['10.0.0.0', 8], // private
  ['100.64.0.0', 10], // carrier-grade NAT
  ['127.0.0.0', 8], // loopback
  ['169.254.0.0', 16], // link-local, where clouds keep their credentials
  ['172.16.0.0', 12], // private
  ['192.0.0.0', 24], // protocol assignments
  ['192.0.2.0', 24], // documentation
  ['192.31.196.0', 24], // AS112
  ['192.52.193.0', 24], // AMT
  ['192.88.99.0', 24], // 6to4 relays
  ['192.168.0.0', 16], // private
  ['192.175.48.0', 24], // AS112
  ['198.18.0.0', 15], // benchmarks
  ['198.51.100.0', 24], // documentation
  ['203.0.113.0', 24], // documentation
  ['224.0.0.0', 4], // multicast
  ['240.0.0.0', 4], // reserved, broadcast
] as const;
for (const [network, prefix] of V4) NOT_PUBLIC.addSubnet(network, prefix, 'ipv4');
/** Of IPv6 only global unicast is public, without the blocks in it that stand for something else. */
const PUBLIC_V6 = new BlockList();
PUBLIC_V6.addSubnet('2000::', 3, 'ipv6');
const V6 = [
  ['2001::', 23], // protocol assignments, Teredo, ORCHID
  ['2001:db8::', 32], // documentation
  ['2002::', 16], // 6to4: carries an IPv4 address
  ['3fff::', 20], // documentation
] as const;
for (const [network, prefix] of V6) NOT_PUBLIC.addSubnet(network, prefix, 'ipv6');

/** Whether `address`, as the resolver writes it, is one of the public internet. A text that is no address is not. */
export function isPublicAddress(address: string): boolean {
  switch (isIP(address)) {
    case 4:
      return !NOT_PUBLIC.check(address, 'ipv4');
    case 6:
      // Spellings with an IPv4 address in them (mapped, compatible, NAT64) lie outside of 2000::/3.
      return PUBLIC_V6.check(address, 'ipv6') && !NOT_PUBLIC.check(address, 'ipv6');
    default:
      return false;
  }
}
