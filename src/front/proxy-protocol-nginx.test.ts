import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type NginxServing, serveWithGalley, serveWithNginx } from '../../test/support/nginx-serving.ts';
import { RawClient } from '../../test/support/raw-client.ts';
import { requires } from '../../test/support/requirements.ts';

const values =
  '[$remote_addr] [$proxy_protocol_addr] [$proxy_protocol_port] [$proxy_protocol_server_addr] [$proxy_protocol_server_port]';

const http = `
  server {
    listen LISTEN0 proxy_protocol;
    location / { return 200 "${values}"; }
  }
  server {
    listen LISTEN1 proxy_protocol;
    set_real_ip_from 127.0.0.0/8;
    real_ip_header proxy_protocol;
    location / { return 200 "${values} $remote_port [$realip_remote_addr]"; }
  }
  server {
    listen LISTEN2 proxy_protocol;
    set_real_ip_from 10.0.0.0/8;
    real_ip_header proxy_protocol;
    location / { return 200 "${values} [$realip_remote_addr]"; }
  }`;

function binary(hex: string): string {
  return `\r\n\r\n\0\r\nQUIT\n${Buffer.from(hex, 'hex').toString('latin1')}`;
}

const headers: readonly [what: string, header: string][] = [
  ['TCP4', 'PROXY TCP4 192.0.2.1 198.51.100.10 8080 443\r\n'],
  ['TCP6', 'PROXY TCP6 2001:db8::1 ::1 1 2\r\n'],
  ['an address that is not in its shortest form', 'PROXY TCP6 2001:0DB8:0:0::1 0:0:0:0:0:0:0:1 1 2\r\n'],
  ['ports that are 0', 'PROXY TCP4 192.0.2.1 198.51.100.10 0 0\r\n'],
  ['UNKNOWN', 'PROXY UNKNOWN\r\n'],
  ['UNKNOWN with addresses', 'PROXY UNKNOWN ::1 ::1 1 2\r\n'],
  ['version 2 with IPv4', binary('2111000cc0000201c633640a1f9001bb')],
  ['version 2 with IPv6', binary(`21210024${'20010db8'}${'0'.repeat(23)}1${'0'.repeat(31)}100500051`)],
  ['version 2 with a mapped address', binary(`21210024${'0'.repeat(20)}ffffc0000201${'0'.repeat(31)}100500051`)],
  ['version 2 with more', binary('21110012c0000201c633640a1f9001bb030003aabbcc')],
  ['LOCAL', binary('20000000')],
  ['LOCAL with addresses', binary('2011000cc0000201c633640a1f9001bb')],
  ['datagrams', binary('2112000cc0000201c633640a1f9001bb')],
  ['UNIX', binary(`213100d8${'61'.repeat(216)}`)],
  ['no header', ''],
  ['another protocol', 'PROXY UDP4 192.0.2.1 198.51.100.10 1 2\r\n'],
  ['one address', 'PROXY TCP4 192.0.2.1 1 2\r\n'],
  ['a port too large', 'PROXY TCP4 192.0.2.1 198.51.100.10 1 65536\r\n'],
  ['a bare line feed', 'PROXY TCP4 192.0.2.1 198.51.100.10 1 2\n'],
  ['version 1 in binary', binary('1111000cc0000201c633640a1f9001bb')],
  ['addresses that do not fit', binary('2111000bc0000201c633640a1f9001')],
];

describe('the PROXY protocol beside nginx', { skip: requires('nginx') }, () => {
  let servers: NginxServing[] = [];

  before(async () => {
    servers = [await serveWithGalley({ http, ports: 3 }), await serveWithNginx({ http, ports: 3 })];
  });

  after(async () => {
    for (const server of servers) await server[Symbol.asyncDispose]();
  });

  for (const [what, header] of headers) {
    it(`reads ${what}`, async () => {
      for (const port of [0, 1, 2]) {
        const answers = servers.map(({ ports }) => answerOf(ports[port] ?? 0, header));
        const [ours, theirs] = await Promise.all(answers);
        assert.equal(ours, theirs);
      }
    });
  }
});

/** Status and content; '' where the connection is closed without an answer. */
async function answerOf(port: number, header: string): Promise<string> {
  const client = await RawClient.connect(port);
  client.send(`${header}GET / HTTP/1.0\r\n\r\n`);
  const text = await client.all();
  // Ports of the test's own connections differ.
  const content = text.slice(text.indexOf('\r\n\r\n') + 4).replace(/ \d{5} /, ' PORT ');
  return text === '' ? '' : `${text.slice(9, 12)} ${content}`;
}
