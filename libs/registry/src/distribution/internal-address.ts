import { lookup as systemLookup, type LookupAddress } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { TransportError } from './transport-error.js';

/** Addresses that mean this machine: loopback (RFC 1122, RFC 4291) and those that stand for "this host". */
const HERE = new BlockList();
HERE.addSubnet('127.0.0.0', 8);
HERE.addSubnet('0.0.0.0', 8);
HERE.addAddress('::1', 'ipv6');
HERE.addAddress('::', 'ipv6');

/** Addresses of this machine's own network segment, a cloud's metadata service among them (RFC 3927, RFC 4291). */
const LINK_LOCAL = new BlockList();
LINK_LOCAL.addSubnet('169.254.0.0', 16);
LINK_LOCAL.addSubnet('fe80::', 10, 'ipv6');

/** Who names a place to go to: the host as its URL has it, and the address that it was reached at, where that is known. */
export interface Sender {
  hostname: string;
  address?: string;
}

/** Kinds of addresses that a sender may not lead to. */
export interface Refused {
  here: boolean;
  linkLocal: boolean;
}

/**
 * What a server elsewhere may not lead to: this machine, or a service of its own network segment. One that is there itself
 * may. Private networks are not meant: storage behind a registry lies there. Without a sender, the operator has named the
 * place.
 */
export function refusedFor(sender: Sender | undefined): Refused {
  if (!sender) return { here: false, linkLocal: false };
  const places = [sender.hostname, ...(sender.address === undefined ? [] : [sender.address])];
  return { here: !places.some(isHere), linkLocal: !places.some(isLinkLocal) };
}

/** True when the host, by its name or as an address, is a place that is refused. */
export function isRefused({ here, linkLocal }: Refused, host: string): boolean {
  return (here && isHere(host)) || (linkLocal && isLinkLocal(host));
}

/**
 * A name resolution for one connection that fails with {@link TransportError} `INTERNAL_ADDRESS` when the name stands for
 * an address that is refused. The connection uses the very answer that was looked at, so that a name server cannot give
 * one to the check and another to the connection.
 *
 * @param hostname of the URL. Other names pass: a proxy's, which the operator chose and which resolves the rest by itself.
 */
export function guardedLookup(
  refused: Refused,
  hostname: string,
  lookup: LookupFunction = systemLookup,
): LookupFunction {
  if (!refused.here && !refused.linkLocal) return lookup;
  return (name, options, done) => {
    lookup(name, options, (error, found, family) => {
      const addresses: LookupAddress[] = Array.isArray(found) ? found : [{ address: found, family: family ?? 0 }];
      const inside =
        error || name !== hostname ? undefined : addresses.find(({ address }) => isRefused(refused, address));
      if (!inside) return done(error, found, family);
      done(new TransportError('INTERNAL_ADDRESS', `${name} stands for the internal address ${inside.address}`), []);
    });
  };
}

/** localhost, *.localhost, 127.0.0.0/8 and ::1. */
export function isLoopback(hostname: string): boolean {
  const host = plain(hostname);
  if (isIP(host) === 4) return host.startsWith('127.');
  return host === '::1' || host === 'localhost' || host === 'localhost.localdomain' || host.endsWith('.localhost');
}

function isHere(host: string): boolean {
  return isLoopback(host) || isIn(HERE, host);
}

function isLinkLocal(host: string): boolean {
  return isIn(LINK_LOCAL, host);
}

/** IPv4 addresses inside of IPv6 (`::ffff:127.0.0.1`) count as themselves. */
function isIn(list: BlockList, host: string): boolean {
  const address = plain(host).split('%')[0] ?? ''; // without the zone of a link-local address
  const version = isIP(address);
  return version !== 0 && list.check(address, version === 6 ? 'ipv6' : 'ipv4');
}

/** Without the brackets that an IPv6 address has in a URL. */
function plain(hostname: string): string {
  return hostname.replace(/^\[(.*)\]$/, '$1').toLowerCase();
}
