import type { ClientCertificate, TlsFacts } from '../../../core/tls-facts.ts';
import type { Evaluate } from '../variable.ts';
import type { BuiltIns } from './built-in.ts';

/** The TLS of the client's connection: without a value where there is none, and where there is nothing to tell. */
export const tlsVariables: BuiltIns = {
  ssl_alpn_protocol: ofTls(({ alpn }) => alpn),
  ssl_cipher: ofTls(({ cipher }) => cipher),
  ssl_ciphers: ofTls(({ offered }) => offered.ciphers),
  ssl_client_cert: ofClient(({ pem }) => withoutEnd(pem).replaceAll('\n', '\n\t')),
  ssl_client_escaped_cert: ofClient(({ pem }) => escaped(pem)),
  ssl_client_fingerprint: ofClient(({ fingerprint }) => fingerprint),
  ssl_client_i_dn: ofClient(({ issuer }) => issuer),
  ssl_client_i_dn_legacy: ofClient(({ legacyIssuer }) => legacyIssuer),
  ssl_client_raw_cert: ofClient(({ pem }) => pem),
  ssl_client_s_dn: ofClient(({ subject }) => subject),
  ssl_client_s_dn_legacy: ofClient(({ legacySubject }) => legacySubject),
  ssl_client_serial: ofClient(({ serial }) => serial),
  ssl_client_v_end: ofClient(({ validTo }) => validTo),
  ssl_client_v_remain: ofClient(({ remainingDays }) => String(remainingDays)),
  ssl_client_v_start: ofClient(({ validFrom }) => validFrom),
  ssl_client_verify: ofTls(({ clientVerify }) => clientVerify),
  ssl_curve: ofTls(({ group }) => group),
  ssl_curves: ofTls(({ offered }) => offered.groups),
  // Early data is not taken.
  ssl_early_data: () => undefined,
  ssl_protocol: ofTls(({ version }) => version),
  ssl_server_name: ofTls(({ serverName }) => serverName),
  ssl_session_id: ofTls(({ sessionId }) => sessionId),
  ssl_session_reused: ofTls(({ isResumed }) => (isResumed ? 'r' : '.')),
};

function ofTls(read: (tls: TlsFacts) => string): Evaluate {
  return ({ exchange }) => {
    const { tls } = exchange.connection;
    return (tls && read(tls)) || undefined;
  };
}

function ofClient(read: (client: ClientCertificate) => string): Evaluate {
  return ofTls(({ client }) => (client ? read(client) : ''));
}

function withoutEnd(text: string): string {
  return text.endsWith('\n') ? text.slice(0, -1) : text;
}

/** As nginx's NGX_ESCAPE_URI_COMPONENT: all but letters, digits and `-._~`. */
function escaped(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
