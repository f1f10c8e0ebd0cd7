import type { Directive } from '../../syntax/tree.ts';
import type { Adaptation } from '../adaptation.ts';
import { argument } from '../handlers.ts';
import { type TlsFields, tlsVersions } from '../ssl-draft.ts';
import { checkCiphers, checkGroups, cipherList } from './ssl-ciphers.ts';

type Change = (tls: TlsFields) => TlsFields;
/** Gives undefined where the value is none, which it tells. */
type Read = (value: string, directive: Directive, adaptation: Adaptation) => Change | undefined;

/** What an `ssl_conf_command` changes; undefined where Galley does not have it, which is told. Names are as in SSL_CONF_cmd(3). */
export function readCommand(directive: Directive, adaptation: Adaptation): Change | undefined {
  const [name, value] = [argument(directive, 0), argument(directive, 1)];
  const known = Object.keys(commands).find((each) => each.toLowerCase() === name.text.toLowerCase());
  const read = known === undefined ? undefined : commands[known];
  if (read) return read(value.text, directive, adaptation);
  const hint = `it has ${Object.keys(commands).join(', ')}`;
  return adaptation.unsupported(name, `Galley does not have "${name.text}" of "ssl_conf_command"`, hint);
}

const groups: Read = (value, directive, adaptation) => {
  return checkGroups(value, directive, adaptation) ? (tls) => ({ ...tls, groups: value }) : undefined;
};

const commands: Readonly<Record<string, Read>> = {
  Ciphersuites: (value) => (tls) => ({ ...tls, ciphers: [value, cipherList(tls.ciphers ?? '')].join(':') }),
  CipherString: (value, directive, adaptation) => {
    const list = cipherList(value);
    if (!checkCiphers(list, directive, adaptation)) return undefined;
    return (tls) => ({ ...tls, ciphers: [...suitesOf(tls), list].join(':') });
  },
  MinProtocol: bound((at, least) => at >= least),
  MaxProtocol: bound((at, most) => at <= most),
  Groups: groups,
  Curves: groups,
  Options: (value, directive, adaptation) => {
    const changes = value.split(',').map((each) => readOption(each.trim(), directive, adaptation));
    return (tls) => ({ ...tls, ...Object.assign({}, ...changes) });
  },
};

function suitesOf({ ciphers = '' }: TlsFields): string[] {
  return ciphers.split(':').filter((name) => name.startsWith('TLS_'));
}

function bound(isWithin: (at: number, bound: number) => boolean): Read {
  return (value, directive, adaptation) => {
    if (/^none$/i.test(value)) return (tls) => tls;
    const named = tlsVersions.findIndex((version) => version.toLowerCase() === value.toLowerCase());
    if (named < 0) {
      const { text } = argument(directive, 0);
      return adaptation.error(directive, `SSL_CONF_cmd("${text}", "${value}") failed (SSL: bad value)`);
    }
    return (tls) => ({
      ...tls,
      versions: tls.versions?.filter((each) => isWithin(tlsVersions.indexOf(each), named)) ?? [],
    });
  };
}

/** One of `Options`: a name, with `-` in front of it where it is off. */
function readOption(text: string, directive: Directive, adaptation: Adaptation): TlsFields {
  const isOn = !text.startsWith('-');
  const name = text.replace(/^[+-]/, '').toLowerCase();
  if (name === 'sessionticket') return { sessionTickets: isOn };
  if (name === 'serverpreference') return { prefersServerCiphers: isOn };
  const place = argument(directive, 1);
  if (harmlessOptions.has(name)) adaptation.warn(place, `"${text}" of "ssl_conf_command" changes nothing`);
  else adaptation.unsupported(place, `Galley does not have "${text}" of "ssl_conf_command"`);
  return {};
}

/** Those that make something faster, or that are so anyway. */
const harmlessOptions: ReadonlySet<string> = new Set([
  'antireplay',
  'bugs',
  'compression',
  'ecdhsingle',
  'dhsingle',
  'emptyfragments',
  'encryptthenmac',
  'ktls',
  'middleboxcompat',
  'norenegotiation',
  'prioritizechacha',
  'nopaddingonresumption',
]);
