import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import { connect } from 'node:tls';
import { AppFolder } from '../../support/app-folder.ts';
import { type MadeCertificate, makeCertificate } from '../../support/certificates.ts';
import { type NginxServing, serveWithGalley, serveWithNginx } from '../../support/nginx-serving.ts';
import { requires } from '../../support/requirements.ts';
import { makeRevocationList } from '../../support/revocation-list.ts';
import { until } from '../../support/until.ts';
import { comparable } from './comparison.ts';
import { askOverTls, type TlsQuestion } from './tls-comparison.ts';

const facts = '$scheme $https $ssl_protocol $ssl_server_name $host $server_name $ssl_session_reused';
const clientFacts = [
  '$ssl_client_verify|$ssl_client_s_dn|$ssl_client_i_dn|$ssl_client_s_dn_legacy|$ssl_client_serial',
  '$ssl_client_fingerprint|$ssl_client_v_start|$ssl_client_v_end|$ssl_client_v_remain|$ssl_client_escaped_cert',
].join('|');
const pair = (name: string): string => `ssl_certificate FOLDER/${name}.pem; ssl_certificate_key FOLDER/${name}.key;`;
const clients = 'ssl_client_certificate FOLDER/ca.pem;';

const http = `
  log_format tls '$ssl_protocol $ssl_server_name $https $scheme $ssl_client_verify "$request" $status';
  ${pair('default.test')} ssl_protocols TLSv1.2 TLSv1.3; ssl_session_timeout 10m;
  server { listen LISTEN0 ssl default_server; server_name default.test; access_log OWN/tls.log tls; location / { return 200 "${facts}"; } location /to { return 301 /there; } location /dir { root FOLDER; } }
  server { listen LISTEN0; server_name a.test; ${pair('a.test')} return 200 "a ${facts}"; }
  server { listen LISTEN0 ssl; server_name *.wild.test; ${pair('wild.test')} return 200 "wild ${facts}"; }
  server { listen LISTEN0 ssl; server_name rsa.test; ssl_certificate FOLDER/rsa.pem; ssl_certificate FOLDER/a.test.pem; ssl_certificate_key FOLDER/rsa.key; ssl_certificate_key FOLDER/a.test.key; return 200 "rsa ${facts}"; }
  server { listen LISTEN0 ssl; server_name refused.test; ssl_reject_handshake on; return 200 never; }

  server { listen LISTEN1 ssl; ssl_protocols TLSv1.2; ssl_ciphers ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256; ssl_prefer_server_ciphers on; return 200 "${facts} $ssl_cipher"; }
  server { listen LISTEN2 ssl; ssl_protocols TLSv1.3; ssl_conf_command Ciphersuites TLS_CHACHA20_POLY1305_SHA256; return 200 "${facts} $ssl_cipher"; }

  server { listen LISTEN3 ssl; ssl_verify_client on; ${clients} ssl_crl FOLDER/revoked.crl; return 200 "${clientFacts}"; }
  server { listen LISTEN4 ssl; ssl_verify_client optional; ${clients} access_log OWN/clients.log tls; location / { return 200 "${clientFacts}"; } }
  server { listen LISTEN5 ssl; ssl_verify_client optional_no_ca; return 200 "${clientFacts}"; }
  server { listen LISTEN6 ssl; ssl_verify_client on; ${clients} error_page 495 /bad; error_page 496 =403 /none; error_page 497 https://$host:54321$request_uri;
    location / { return 200 "good"; } location /bad { return 200 "bad $ssl_client_verify"; } location /none { return 200 "none $ssl_client_verify"; } }
  server { listen LISTEN7 ssl default_server; ssl_reject_handshake on; return 200 never; }
  server { listen LISTEN7 ssl; server_name a.test; ${pair('a.test')} return 200 "behind a refusal ${facts}"; }
  server { listen LISTEN8; server_name _; return 301 https://$host$request_uri; }
  server { listen LISTEN9 ssl http2; return 200 "${facts}"; }
  server { listen LISTEN10 ssl; return 200 "${facts}"; }
  server { listen LISTEN10 ssl; server_name a.test; ${pair('a.test')} ssl_verify_client on; ${clients} return 200 "verified ${facts}"; }
  server { listen LISTEN11 ssl; ssl_verify_client on; ssl_verify_depth 1; ${clients} return 200 "$ssl_client_verify"; }
  server { listen LISTEN12 ssl; ssl_verify_client on; ssl_verify_depth 1; ssl_client_certificate FOLDER/cas.pem; return 200 "$ssl_client_verify"; }
`;

/** Keys and certificates by their names. */
const made: Record<string, MadeCertificate> = {};

async function makeFiles(at: AppFolder): Promise<void> {
  const past = { from: new Date(Date.now() - 30 * 86_400_000), days: 2 };
  const person = { purposes: ['client' as const] };
  made['default.test'] = makeCertificate(['default.test']);
  made['a.test'] = makeCertificate(['a.test']);
  made['wild.test'] = makeCertificate(['*.wild.test']);
  made['rsa'] = makeCertificate(['rsa.test'], { kind: 'rsa' });
  const ca = makeCertificate([], { subject: { CN: 'Clients, "all"', O: 'Galley+Test' }, isCa: true });
  const other = makeCertificate([], { subject: { CN: 'Others' }, isCa: true });
  const middle = makeCertificate([], { subject: { CN: 'Middle' }, isCa: true, by: ca });
  made['good'] = makeCertificate([], { ...person, subject: { CN: 'Änne <a@b>', OU: 'x=y', C: 'DE' }, by: ca });
  made['expired'] = makeCertificate([], { ...person, ...past, subject: { CN: 'Expired' }, by: ca });
  made['revoked'] = makeCertificate([], { ...person, subject: { CN: 'Revoked' }, by: ca });
  made['unknown'] = makeCertificate([], { ...person, subject: { CN: 'Unknown' }, by: other });
  made['self'] = makeCertificate([], { ...person, subject: { CN: 'Self' } });
  const deep = makeCertificate([], { ...person, subject: { CN: 'Deep' }, by: middle });
  made['deep'] = { ...deep, certificate: `${deep.certificate}${middle.certificate}` };
  const lowest = makeCertificate([], { subject: { CN: 'Lowest' }, isCa: true, by: middle });
  made['deeper'] = makeCertificate([], { ...person, subject: { CN: 'Deeper' }, by: lowest });
  made['deeper-chain'] = { ...made['deeper'], certificate: `${made['deeper'].certificate}${lowest.certificate}` };
  await at.write('cas.pem', [lowest, middle, ca].map(({ certificate }) => certificate).join(''));
  await at.write('ca.pem', ca.certificate);
  await at.write('revoked.crl', makeRevocationList(ca, [made['revoked']]));
  await mkdir(at.file('dir'));
  for (const [name, { certificate, key }] of Object.entries(made)) {
    await at.write(`${name}.pem`, certificate);
    await at.write(`${name}.key`, key);
  }
}

type Line = Omit<TlsQuestion, 'port'> | string;
type Differs = NonNullable<TlsQuestion['differs']>;

/** Over a connection that asks for this name. */
function named(servername: string, line = `/ | Host: ${servername}`, differs?: Differs): Line {
  return { line, with: { servername }, ...(differs && { differs }) };
}

/** A client that shows a certificate; getters, since they are made later. */
function by(name: string, line = '/'): Line {
  return {
    line,
    get with() {
      return { cert: made[name]?.certificate, key: made[name]?.key };
    },
  };
}

const plain = (line: string, differs?: Differs): Line => ({ line, with: 'plain', ...(differs && { differs }) });
const everybody = ['good', 'expired', 'revoked', 'unknown', 'self'].map((name) => by(name));

const tables: readonly { readonly name: string; readonly port: number; readonly lines: readonly Line[] }[] = [
  {
    name: 'servers by their names',
    port: 0,
    lines: [
      '/',
      named('default.test'),
      named('a.test'),
      named('A.Test', undefined, ['server-name-case', 200]),
      named('x.wild.test'),
      named('y.x.wild.test'),
      named('wild.test'),
      named('nobody.test'),
      named('refused.test'),
      named('a.test', '/ | Host: x.wild.test'),
      named('x.wild.test', '/ | Host: nobody.test'),
      named('a.test', 'GET https://a.test/ | Host: a.test'),
      named('default.test', '/to'),
      named('default.test', '/dir'),
      { line: '/', with: { servername: 'rsa.test', sigalgs: 'rsa_pss_rsae_sha256' } },
      { line: '/', with: { servername: 'rsa.test', sigalgs: 'ecdsa_secp256r1_sha256' } },
      plain('/'),
      plain('/ HTTP/1.0'),
      plain('raw:nonsense\r\n\r\n', ['not-tls', 0]),
    ],
  },
  {
    name: 'TLS 1.2 alone',
    port: 1,
    lines: [
      '/',
      { line: '/', with: { maxVersion: 'TLSv1.2' } },
      { line: '/', with: { minVersion: 'TLSv1.3' } },
      {
        line: '/',
        with: { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384' },
      },
      { line: '/', with: { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-RSA-AES128-GCM-SHA256' } },
    ],
  },
  {
    name: 'TLS 1.3 alone',
    port: 2,
    lines: ['/', { line: '/', with: { maxVersion: 'TLSv1.2' } }, { line: '/', with: { minVersion: 'TLSv1.3' } }],
  },
  { name: 'certificates of clients, with a list of revoked ones', port: 3, lines: ['/', ...everybody, plain('/')] },
  { name: 'certificates of clients that may be left out', port: 4, lines: ['/', ...everybody, by('good', 'HEAD /')] },
  { name: 'certificates of clients by any CA', port: 5, lines: ['/', ...everybody] },
  {
    name: 'pages for certificates that are missing or wrong',
    port: 6,
    lines: ['/', by('good'), by('expired'), by('unknown'), plain('/a?b=c | Host: a.test'), plain('POST / || x')],
  },
  {
    name: 'a default server that refuses handshakes',
    port: 7,
    lines: ['/', named('a.test'), named('nobody.test'), named('a.test', '/ | Host: nobody.test'), plain('/')],
  },
  { name: 'a redirect to https', port: 8, lines: [plain('/a?b | Host: a.test'), plain('/ | Host: a.test:80')] },
  {
    name: 'what ALPN offers, with http2',
    port: 9,
    lines: [
      '/',
      { line: '/', with: { ALPNProtocols: ['h2', 'http/1.1'] } },
      { line: '/', with: { ALPNProtocols: ['http/1.1', 'h2'] } },
      { line: '/', with: { ALPNProtocols: ['http/1.1'] } },
    ],
  },
  {
    name: 'what ALPN offers, without http2',
    port: 10,
    lines: [
      { line: '/', with: { ALPNProtocols: ['h2', 'http/1.1'] } },
      { line: '/', with: { ALPNProtocols: ['http/1.1'] } },
      { line: '/', with: { ALPNProtocols: ['http/1.0'] } },
    ],
  },
  {
    name: 'hosts with other rules for clients than the connection',
    port: 10,
    lines: [
      named('a.test'),
      named('nobody.test', '/ | Host: a.test', ['tls-misdirected', 421]),
      '/ | Host: a.test',
      named('a.test', '/ | Host: nobody.test'),
    ],
  },
  { name: 'chains that are too long', port: 11, lines: [by('good'), by('deep')] },
  {
    name: 'chains whose middle is in the file of CAs',
    port: 12,
    lines: ['good', 'deep', 'deeper', 'deeper-chain'].map((name) => by(name)),
  },
];

describe('TLS beside nginx', { skip: requires('nginx') }, () => {
  let files: AppFolder;
  const both: NginxServing[] = [];

  before(async () => {
    files = await AppFolder.with({});
    await makeFiles(files);
    const config = { http, ports: 13, folder: files.path };
    both.push(await serveWithNginx(config));
    both.push(await serveWithGalley(config));
  });

  after(async () => {
    await Promise.all(both.map((each) => each[Symbol.asyncDispose]()));
    await files[Symbol.asyncDispose]();
  });

  for (const { name, port, lines } of tables) {
    it(`${name}: ${lines.length} connections`, async () => {
      const found: string[] = [];
      for (const each of lines) {
        const question = { port, ...(typeof each === 'string' ? { line: each } : each) };
        const [theirs, ours] = await Promise.all(both.map((serving) => askOverTls(serving, question)));
        const [expected, actual] = comparable(theirs?.answers ?? [], ours?.answers ?? []);
        const texts = [`nginx:  ${theirs?.handshake} ${expected}`, `Galley: ${ours?.handshake} ${actual}`];
        const isSame = theirs?.handshake === ours?.handshake && expected === actual;
        const [difference, status] = question.differs ?? [];
        if (isSame !== (difference === undefined)) {
          const asked = `${question.line} ${JSON.stringify(question.with)}`.replaceAll(/-----BEGIN[^"]*/g, 'PEM');
          found.push([asked, difference ?? '', ...texts].join('\n  '));
        } else if (difference !== undefined) assert.equal(ours?.answers[0]?.status ?? 0, status, question.line);
      }
      assert.equal(found.length, 0, `${found.length} differ:\n${found.join('\n')}`);
    });
  }

  it('resumes sessions, and not at a server with other rules for clients', async () => {
    const [theirs, ours] = await Promise.all(both.map(resumptions));
    assert.deepEqual(ours, theirs);
    assert.deepEqual(theirs?.slice(0, 2), ['TLSv1.2 true', 'TLSv1.3 true']);
  });

  it('writes the same lines of logs', async () => {
    for (const log of ['tls', 'clients']) {
      // Of what is neither TLS nor HTTP Galley has no line.
      const [theirs, ours] = both.map(({ own }) => () => {
        return readFileSync(own.file(`${log}.log`), 'latin1').replace(/.*"nonsense".*\n/, '');
      });
      await until(
        () => ours?.() === theirs?.(),
        () => `${theirs?.()}\nand not\n${ours?.()}`,
      );
    }
  });
});

/** Whether sessions of a server are resumed there, at a neighbour, and at one that wants certificates. */
async function resumptions({ ports }: NginxServing): Promise<string[]> {
  const found: string[] = [];
  const cases = [
    { port: 0, version: 'TLSv1.2', to: 'default.test', from: 'default.test' },
    { port: 0, version: 'TLSv1.3', to: 'default.test', from: 'default.test' },
    { port: 10, version: 'TLSv1.2', to: 'a.test', from: 'nobody.test' },
    { port: 10, version: 'TLSv1.3', to: 'a.test', from: 'nobody.test' },
  ] as const;
  for (const { port, version, from, to } of cases) {
    const options = { port: ports[port] ?? 0, host: '127.0.0.1', rejectUnauthorized: false, minVersion: version };
    const first = connect({ ...options, maxVersion: version, servername: from });
    const session = new Promise<Buffer>((resolve) => first.once('session', resolve));
    first.write(`GET / HTTP/1.1\r\nHost: ${from}\r\nConnection: close\r\n\r\n`);
    first.resume();
    const kept = await session;
    first.destroy();
    const second = connect({ ...options, maxVersion: version, servername: to, session: kept });
    second.on('error', () => {});
    await once(second, 'secureConnect');
    found.push(`${version} ${second.isSessionReused()}`);
    second.destroy();
  }
  return found;
}
