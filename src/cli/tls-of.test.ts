import assert from 'node:assert/strict';
import { hostname } from 'node:os';
import { describe, it } from 'node:test';
import { letsEncrypt } from '../config/issuers.ts';
import type { SiteTls } from '../config/site-tls.ts';
import { type CommandLine, parseCommandLine } from './options.ts';
import type { ServeCommand } from './serve-command.ts';

function parse(line: string): CommandLine {
  return parseCommandLine(['main:app', ...line.split(' ').filter(Boolean)], { currentFolder: '/srv', cpus: 1 });
}

function command(line: string): ServeCommand {
  const parsed = parse(line);
  assert.ok(parsed.kind === 'serve', JSON.stringify(parsed));
  return parsed.command;
}

function tlsOf(line: string): SiteTls {
  const { tls } = command(line);
  assert.ok(tls);
  return tls;
}

function message(line: string): string {
  const parsed = parse(line);
  assert.ok(parsed.kind === 'error', JSON.stringify(parsed));
  return parsed.message;
}

describe('TLS of the command line', () => {
  it('has certificates, in several ways', () => {
    const files = (line: string): unknown =>
      tlsOf(line).tls.certificates?.map(({ certificate, key, password }) => [certificate, key, password]);
    assert.deepEqual(files('--tls a.pem:/b.key --tls ./c.pem'), [
      ['/srv/a.pem', '/b.key', undefined],
      ['/srv/c.pem', '/srv/c.pem', undefined],
    ]);
    assert.deepEqual(files('--certfile a --keyfile b'), [['/srv/a', '/srv/b', undefined]]);
    assert.deepEqual(files('--ssl-certfile a --ssl-keyfile b --ssl-keyfile-password c'), [['/srv/a', '/srv/b', 'c']]);
    assert.deepEqual(command('--certfile a').binds, [{ kind: 'tcp', host: '127.0.0.1', port: 8000 }]);
  });

  it('asks clients for certificates, and has ciphers', () => {
    const { tls } = tlsOf('--certfile a --ssl-ca-certs ca.pem --ssl-cert-reqs 2 --ssl-ciphers X:Y');
    assert.deepEqual(tls.clients, {
      verify: 'required',
      depth: 100,
      trustedCertificate: '/srv/ca.pem',
      crl: undefined,
    });
    assert.equal(tls.ciphers, 'X:Y');
    assert.equal(tlsOf('--certfile a --ca-certs b --cert-reqs 1').tls.clients?.verify, 'optional');
    assert.equal(tlsOf('--certfile a --ca-certs b --cert-reqs 0').tls.clients, undefined);
  });

  it('tells what it does not use', () => {
    assert.deepEqual(command('--certfile a --ssl-version 17 --ca-certs b').notes, [
      '--ssl-version 17 is not used: TLS 1.2 and 1.3 are spoken, and a config can say others',
      '--ca-certs means nothing without --cert-reqs: clients are not asked for certificates',
    ]);
  });

  it('gets certificates for domains, on the ports where CAs look', () => {
    const { tls, binds, areBindsDefault } = command(
      '--tls auto --domain Example.com --domain www.example.com --email a@b.example --acme-staging',
    );
    assert.deepEqual(tls?.tls.managed, {
      issuer: 'letsencrypt',
      names: ['example.com', 'www.example.com'],
      onDemand: undefined,
    });
    const [issuer] = tls?.issuers ?? [];
    assert.ok(issuer?.kind === 'acme');
    assert.deepEqual([issuer.directory, issuer.contacts], [letsEncrypt.staging, ['mailto:a@b.example']]);
    assert.deepEqual(
      [binds, areBindsDefault],
      [[443, 80].map((port) => ({ kind: 'tcp', host: '0.0.0.0', port })), true],
    );
  });

  it('listens where it is told', () => {
    const ports = (line: string): unknown => command(`--tls auto --domain a.example ${line}`).binds;
    assert.deepEqual(ports('-b [::]:443'), [{ kind: 'tcp', host: '::', port: 443 }]);
    assert.deepEqual(ports('--port 8443'), [{ kind: 'tcp', host: '127.0.0.1', port: 8443 }]);
    assert.deepEqual(
      ports('--host ::'),
      [443, 80].map((port) => ({ kind: 'tcp', host: '::', port })),
    );
  });

  it('has a certificate for development, for this machine and the address', () => {
    const { tls, binds } = command('--tls dev --domain app.test --host 192.0.2.1');
    assert.deepEqual(tls?.tls.managed?.names, [
      'app.test',
      'localhost',
      '127.0.0.1',
      '::1',
      hostname().toLowerCase(),
      '192.0.2.1',
    ]);
    assert.deepEqual(
      tls?.issuers.map(({ kind }) => kind),
      ['dev'],
    );
    assert.deepEqual(binds, [{ kind: 'tcp', host: '192.0.2.1', port: 8000 }]);
  });

  const cases: Readonly<Record<string, string>> = {
    '--tls atuo': 'Cannot use --tls "atuo": it takes auto, dev, or CERT.pem:KEY.pem',
    '--tls auto': 'For which name is the certificate? Add --domain NAME, such as --domain example.com',
    '--tls auto --domain localhost':
      'Cannot use --domain "localhost" with --tls auto: no public CA gives a certificate for it; for development, write --tls dev',
    '--tls auto --domain *.example.com':
      'Cannot use --domain "*.example.com" with --tls auto: a wildcard is proved over DNS, which a config can say: see docs/tls.md',
    '--tls dev --domain a_b!': 'Cannot use --domain "a_b!": it is no DNS name',
    '--tls dev --tls a.pem': 'Cannot use --tls auto or --tls dev together with another certificate: choose one of them',
    '--tls dev --email a@b.example': 'Cannot use --email: it is for --tls auto',
    '--tls dev --keyfile a': 'Cannot use --keyfile: it is for a certificate of yours, not for --tls dev',
    '--certfile a --domain b.example': 'Cannot use --domain: it is for --tls auto and --tls dev',
    '--domain b.example': 'Cannot use --domain: add --tls auto, --tls dev or --tls CERT.pem:KEY.pem',
    '--keyfile a': '--keyfile needs the certificate too: add --certfile FILE',
    '--certfile a --cert-reqs 2':
      '--cert-reqs needs the CAs that certificates of clients are verified with: add --ca-certs FILE',
    '--certfile a --cert-reqs 3': 'Cannot use --cert-reqs "3": it takes 0 for none, 1 for optional or 2 for required',
    '--certfile a -b unix:/s': 'Cannot use --bind without an address for TLS: Unix sockets and port 80 have none',
    '--certfile a -b :80': 'Cannot use --bind without an address for TLS: Unix sockets and port 80 have none',
  };
  for (const [line, expected] of Object.entries(cases)) {
    it(`galley main:app ${line}`, () => assert.equal(message(line), expected));
  }

  it('is refused beside a config', () => {
    const parsed = parseCommandLine(['-c', 'x.ts', '--tls', 'dev'], { currentFolder: '/srv', cpus: 1 });
    assert.deepEqual(parsed, {
      kind: 'error',
      message: 'Cannot use --tls together with --config: write it in the config',
    });
  });
});
