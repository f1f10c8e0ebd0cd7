import type { ProxyTls } from '../../../../plan/proxy-plan.ts';
import { argument, flag, type Handler, type Handlers, number, template, words } from '../handlers.ts';

const protocols = ['sslv2', 'sslv3', 'tlsv1', 'tlsv1.1', 'tlsv1.2', 'tlsv1.3'] as const;
/** Those that Node speaks. */
const spoken: Readonly<Partial<Record<(typeof protocols)[number], string>>> = {
  tlsv1: 'TLSv1',
  'tlsv1.1': 'TLSv1.1',
  'tlsv1.2': 'TLSv1.2',
  'tlsv1.3': 'TLSv1.3',
};

/** TLS towards upstreams. */
export const proxySslHandlers: Handlers = {
  proxy_ssl_server_name: flag((serverName) => ({ proxyTls: { serverName } })),
  proxy_ssl_name: template((name) => ({ proxyTls: { name } })),
  proxy_ssl_verify: flag((verify) => ({ proxyTls: { verify } })),
  proxy_ssl_verify_depth: number((verifyDepth) => ({ proxyTls: { verifyDepth } })),
  proxy_ssl_session_reuse: flag((sessionReuse) => ({ proxyTls: { sessionReuse } })),
  proxy_ssl_protocols: words(protocols, (found, { block }) => {
    const added = found.flatMap((name) => spoken[name] ?? []);
    return { proxyTls: { protocols: [...new Set([...(block.proxyTls?.protocols ?? []), ...added])] } };
  }),
  proxy_ssl_ciphers: (directive, scope) => {
    const { text } = argument(directive, 0);
    scope.set({ proxyTls: { ciphers: text === 'DEFAULT' ? undefined : text } });
  },
  proxy_ssl_trusted_certificate: file('trustedCertificate'),
  proxy_ssl_crl: file('crl'),
  proxy_ssl_certificate: file('certificate'),
  proxy_ssl_certificate_key: file('certificateKey'),
  proxy_ssl_password_file: file('passwordFile'),
};

type FileField = 'trustedCertificate' | 'crl' | 'certificate' | 'certificateKey' | 'passwordFile';

/** A path below the folder of the config; nothing for none. */
function file(field: FileField): Handler {
  return (directive, scope, adaptation) => {
    const place = argument(directive, 0);
    const { text } = place;
    if (text.includes('$')) {
      adaptation.unsupported(place, `Galley does not have variables in "${directive.name}"`);
      return;
    }
    const fields: Partial<ProxyTls> = {
      [field]: text === '' ? undefined : adaptation.configPath(text),
    };
    scope.set({ proxyTls: fields });
  };
}
