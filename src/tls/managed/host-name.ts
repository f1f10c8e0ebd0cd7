import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import { plainAddress } from '../x509/names.ts';

/** Whether a text is a host name of the DNS in ASCII and lower case (RFC 1123 §2.1), which no address is. */
export function isHostName(name: string): boolean {
  if (name.length > 253 || isIP(name)) return false;
  return (
    name.split('.').every((label) => /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(label)) && !/\.\d+$/.test(`.${name}`)
  );
}

/** A name of a plan as certificates have it; undefined for what is none. */
export function certificateName(name: string): string | undefined {
  if (isIP(name)) return plainAddress(name);
  // What ends a host in a URL would end the name.
  if (/[\s/?#\\@:%]/.test(name)) return undefined;
  const [, star = '', rest = ''] = /^(\*\.)?(.*)$/.exec(name) ?? [];
  const ascii = domainToASCII(rest.replace(/\.$/, ''));
  return isHostName(ascii) ? `${star}${ascii}` : undefined;
}
