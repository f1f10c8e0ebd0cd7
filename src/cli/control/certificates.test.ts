import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { certificateStatus } from '../../../test/support/fake-control.ts';
import { renderCertificates } from './certificates.ts';

describe('galley certificates', () => {
  it('shows those that are got and those of files', () => {
    const file = { source: 'file', from: '/a.pem', names: ['b.test'], renewsAt: undefined } as const;
    const text = renderCertificates([certificateStatus(), certificateStatus(file)]);
    assert.equal(
      text,
      [
        'a.test, www.a.test',
        '    valid until 2026-03-01 00:00 UTC, renewed 2026-02-01 00:00 UTC, from acme ca',
        'b.test',
        '    valid until 2026-03-01 00:00 UTC, from /a.pem',
        '',
      ].join('\n'),
    );
  });

  it('shows why there is none', () => {
    const none = { validUntil: undefined, renewsAt: undefined, failure: 'the CA is away' };
    assert.match(renderCertificates([certificateStatus(none)]), /not there yet, from acme ca\n {4}the CA is away\n/);
  });
});
