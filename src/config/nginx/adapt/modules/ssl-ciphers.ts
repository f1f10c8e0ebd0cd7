import { createSecureContext, type SecureContextOptions } from 'node:tls';
import type { Directive } from '../../syntax/tree.ts';
import type { Adaptation } from '../adaptation.ts';

/** A list for TLS 1.2 and before; OpenSSL passes over suites of TLS 1.3 that are in it, which have a list of their own. */
export function cipherList(text: string): string {
  const names = text.split(/[:, ]+/);
  return names.filter((name) => name !== '' && !name.startsWith('TLS_')).join(':');
}

/** Whether OpenSSL takes the list; what is wrong with it is told. */
export function checkCiphers(ciphers: string, place: Directive, adaptation: Adaptation): boolean {
  const problem = ciphers === '' ? noMatch : problemOf({ ciphers });
  if (problem === undefined) return true;
  adaptation.error(place, `SSL_CTX_set_cipher_list("${said(place)}") failed (SSL: ${problem})`);
  return false;
}

/** The same for groups of the key exchange. */
export function checkGroups(ecdhCurve: string, place: Directive, adaptation: Adaptation): boolean {
  if (ecdhCurve !== '' && problemOf({ ecdhCurve }) === undefined) return true;
  adaptation.error(place, `SSL_CTX_set1_curves_list("${said(place)}") failed`);
  return false;
}

const noMatch = 'error:0A0000B9:SSL routines::no cipher match';

function said({ args }: Directive): string {
  return args.at(-1)?.text ?? '';
}

function problemOf(options: SecureContextOptions): string | undefined {
  try {
    createSecureContext(options);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
