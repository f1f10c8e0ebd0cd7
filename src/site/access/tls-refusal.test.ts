import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { OracleNginx } from '../../../test/support/oracle-nginx.ts';
import { requires } from '../../../test/support/requirements.ts';
import { exchangeOf, planOf, type SiteStage, siteStage } from '../../../test/support/site-stage.ts';
import type { ConnectionFacts } from '../../core/exchange.ts';
import type { TlsFacts } from '../../core/tls-facts.ts';
import type { ClientCertificatePlan, TlsPlan } from '../../plan/tls-plan.ts';

const clients: ClientCertificatePlan = {
  verify: 'required',
  depth: 1,
  trustedCertificate: '/ca.pem',
  crl: undefined,
};
const rules = 'digest';
const optional: ClientCertificatePlan = { ...clients, verify: 'optional' };

/** The first server has no rules, those that follow have them, the fourth lets clients in without a certificate. */
function stageOf(http: string): SiteStage {
  const plan = planOf(http);
  const servers = plan.servers.map((server, index) => ({
    ...server,
    tls: { clients: [undefined, clients, clients, optional][index] } as TlsPlan,
  }));
  const stage = siteStage({ ...plan, servers });
  stage.site.setClientRules([undefined, rules, rules, 'optional']);
  return stage;
}

function overTls(facts: Partial<TlsFacts>): Partial<ConnectionFacts> {
  const tls = {
    serverName: 'a.test',
    clientRules: '',
    clientVerify: 'NONE',
    clientFault: undefined,
    client: undefined,
    ...facts,
  };
  return { scheme: 'https', tls: tls as TlsFacts };
}

const servers = `
  server { server_name open.test; return 200 open; }
  server { server_name closed.test; location / { return 200 "closed $ssl_client_verify"; } }
  server {
    server_name page.test;
    error_page 495 /495; error_page 496 =200 /496; error_page 497 https://$host$request_uri; error_page 421 /421;
    location / { return 200 "page $status"; }
  }
  server { server_name optional.test; return 200 "optional $ssl_client_verify"; }`;

describe('tlsRefusal', () => {
  const stage = stageOf(servers);
  const ask = async (host: string, facts: Partial<TlsFacts>): Promise<readonly [status: number, text: string]> => {
    const { status, text } = await stage.ask('/', { headers: { host }, connection: overTls(facts) });
    return [status, text];
  };

  it('answers 421 where the host has rules for client certificates that the connection was not made under', async () => {
    assert.deepEqual(await ask('open.test', {}), [200, 'open']);
    assert.equal((await ask('closed.test', {}))[0], 421);
    assert.equal((await ask('closed.test', { clientRules: 'others', clientVerify: 'SUCCESS' }))[0], 421);
    assert.deepEqual(await ask('closed.test', { clientRules: rules, clientVerify: 'SUCCESS' }), [
      200,
      'closed SUCCESS',
    ]);
    assert.deepEqual(await ask('open.test', { clientRules: rules, clientFault: 'missing' }), [200, 'open']);
    assert.deepEqual(await ask('page.test', {}), [421, 'page 421']);
  });

  it('answers 400 where there is no certificate, or none that is good', async () => {
    const missing = await ask('closed.test', { clientRules: rules, clientFault: 'missing' });
    assert.deepEqual(missing, [400, '400 Bad Request\nNo required SSL certificate was sent\n']);
    const fault = {
      clientRules: rules,
      clientVerify: 'FAILED:certificate has expired',
      clientFault: 'unverified',
    } as const;
    assert.deepEqual(await ask('closed.test', fault), [400, '400 Bad Request\nThe SSL certificate error\n']);
    assert.match(stage.log(), /client SSL certificate verify error: certificate has expired/);
  });

  it('answers 400 where the connection asked for no name, as the next one would', async () => {
    const nameless = { serverName: '' };
    assert.match((await ask('closed.test', nameless))[1], /^400 .*\nNo required SSL certificate was sent/);
    assert.equal((await ask('page.test', nameless))[0], 200);
    assert.deepEqual(await ask('optional.test', nameless), [200, 'optional NONE']);
    assert.equal((await ask('optional.test', {}))[0], 421);
    assert.equal((await ask('closed.test', { ...nameless, clientRules: 'others', clientVerify: 'SUCCESS' }))[0], 421);
  });

  it('has error pages for 495 and 496, which are sent as 400 unless they say otherwise', async () => {
    assert.deepEqual(await ask('page.test', { clientRules: rules, clientFault: 'unverified' }), [400, 'page 400']);
    assert.equal((await ask('page.test', { clientRules: rules, clientFault: 'missing' }))[0], 200);
  });

  it('answers HTTP on a port for HTTPS with 497, by which a config redirects', async () => {
    const secured = siteStage({
      ...stage.plan,
      listeners: stage.plan.listeners.map((each) => ({ ...each, tls: true })),
    });
    const answer = await secured.ask('/x?y', { headers: { host: 'closed.test' } });
    assert.equal(answer.status, 400);
    assert.match(answer.text, /The plain HTTP request was sent to HTTPS port/);
    const redirect = await secured.ask('/x?y', { headers: { host: 'page.test' } });
    assert.equal(redirect.status, 302);
    assert.equal(redirect.headers['location'], 'https://page.test/x?y');
  });

  it('answers 421 to connections from before a change of the rules or of their files', async () => {
    const changing = stageOf(servers);
    const over = { clientRules: rules, clientVerify: 'SUCCESS' };
    const status = async (host: string, facts: Partial<TlsFacts>): Promise<number> =>
      (await changing.ask('/', { headers: { host }, connection: overTls(facts) })).status;
    assert.equal(await status('closed.test', over), 200);
    changing.site.setClientRules([rules, 'other', undefined, 'optional']);
    assert.equal(await status('closed.test', over), 421);
    assert.equal(await status('closed.test', { ...over, clientRules: 'other' }), 200);
    assert.equal(await status('open.test', {}), 421);
    assert.equal(await status('page.test', over), 200);
  });

  it('lets nobody in before the rules are known', async () => {
    const unread = siteStage(stage.plan);
    const connection = overTls({ clientRules: rules, clientVerify: 'SUCCESS' });
    assert.equal((await unread.ask('/', { headers: { host: 'closed.test' }, connection })).status, 421);
  });

  it('ends the connection, also behind an error page', async () => {
    const isLast = async (host: string, facts: Partial<TlsFacts>): Promise<boolean | undefined> => {
      const exchange = exchangeOf('/', { headers: { host }, connection: overTls(facts) });
      await stage.site.handle(exchange, 0);
      return exchange.isLast;
    };
    const missing = { clientRules: rules, clientFault: 'missing' } as const;
    assert.equal(await isLast('closed.test', missing), true);
    assert.equal(await isLast('page.test', missing), true);
    assert.equal(await isLast('closed.test', {}), true);
    assert.equal(await isLast('closed.test', { clientRules: rules, clientVerify: 'SUCCESS' }), undefined);
  });

  it('asks nothing of plain connections where no TLS is spoken', async () => {
    assert.equal((await stage.ask('/', { headers: { host: 'closed.test' } })).status, 200);
  });

  it('sends 494 to 497 as nginx does', { skip: requires('nginx') }, async () => {
    const http = `
      location /494 { return 494; } location /495 { return 495; } location /496 { return 496; } location /497 { return 497; }
      location /text { return 497 text; }
      location /page/ { error_page 494 495 496 497 /shown; error_page 498 =201 /shown;
        location /page/494 { return 494; } location /page/497 { return 497; } location /page/498 { return 498; } }
      location /equal/ { error_page 496 = /handled; return 496; }
      location = /handled { return 200 handled; }
      location = /shown { return 200 "shown $status"; }`;
    await using nginx = await OracleNginx.start(`server { listen SOCKET; ${http} }`);
    const own = siteStage(`server { ${http} }`);
    for (const target of ['/494', '/495', '/496', '/497', '/text', '/page/494', '/page/497', '/page/498', '/equal/']) {
      const expected = await nginx.ask(target);
      const answer = await own.ask(target);
      assert.equal(answer.status, expected.status, target);
      if (expected.status !== 400 || target.startsWith('/page')) assert.equal(answer.text, expected.body.toString());
    }
  });
});
