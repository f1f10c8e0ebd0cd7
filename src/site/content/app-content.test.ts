import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fakeExchange } from '../../../test/support/fake-exchange.ts';
import { siteStage } from '../../../test/support/site-stage.ts';
import { emptyBody } from '../../core/body.ts';
import { HeaderList } from '../../core/headers.ts';

describe('createAppContent', () => {
  it('answers a wrong WebSocket handshake itself; other content does not mind it', async () => {
    const { site, asked } = siteStage(`
      app site { python main:app; }
      server { location / { app_pass site; } location /fixed { return 204; } }`);
    const handshakeRefusal = { status: 426, headers: HeaderList.empty, body: emptyBody };
    const outcomes = ['/', '/fixed'].map((target) => site.handle({ ...fakeExchange(target), handshakeRefusal }, 0));
    const statuses = (await Promise.all(outcomes)).map((outcome) => ('status' in outcome ? outcome.status : outcome));
    assert.deepEqual(statuses, [426, 204]);
    assert.equal(asked.length, 0);
  });
});
