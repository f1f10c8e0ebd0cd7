import type { Settings } from '../../plan/settings.ts';
import { readTlsProfile } from '../../upstream/tls-profile.ts';
import type { ConnectionProfile } from '../../upstream/transport.ts';
import { PlanError } from '../compile-context.ts';

/** How the locations of a site connect to peers, read once where several do it alike. */
export class ConnectionProfiles {
  readonly #profiles: Map<string, ConnectionProfile> = new Map();

  /** Throws PlanError for a certificate or a key that cannot be read. */
  get({ content, proxy, proxyTls }: Settings, scheme: 'http' | 'https'): ConnectionProfile {
    const version = content.kind === 'proxy' ? (content.version ?? proxy.httpVersion) : proxy.httpVersion;
    const { socketKeepAlive, proxyProtocol } = proxy;
    const isSecure = scheme === 'https';
    const protocol = version === '2' ? 'http2' : 'http1';
    const tlsKey = isSecure ? { ...proxyTls, name: undefined } : undefined;
    const key = JSON.stringify([protocol, socketKeepAlive, proxyProtocol, tlsKey]);
    let profile = this.#profiles.get(key);
    if (!profile) {
      const tls = isSecure ? this.#tls(proxyTls) : undefined;
      // A connection that was made with other files is no longer the same.
      profile = { key: `${key} ${tls?.digest ?? ''}`, protocol, tls, socketKeepAlive, proxyProtocol };
      this.#profiles.set(key, profile);
    }
    return profile;
  }

  #tls(settings: Settings['proxyTls']): ConnectionProfile['tls'] {
    try {
      return readTlsProfile(settings);
    } catch (error) {
      throw new PlanError((error as Error).message);
    }
  }
}
