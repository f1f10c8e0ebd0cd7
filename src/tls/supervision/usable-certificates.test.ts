import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { makeCertificate } from '../../../test/support/certificates.ts';
import { tlsMaterial } from '../../../test/support/tls-stage.ts';
import { createLog } from '../../observe/log.ts';
import { UsableCertificates } from './usable-certificates.ts';

describe('UsableCertificates', () => {
  const log = createLog(
    { level: 'info' },
    () => undefined,
    () => new Date(),
  );
  const { certificate, key } = makeCertificate(['a.test']);
  const got = { certificate, key, ocspResponse: undefined };
  const material = tlsMaterial({ certificates: [] });
  const names = (usable: UsableCertificates): readonly string[] => Array.from(usable.onDemand(), ({ name }) => name);

  it('keeps so many of those on demand, the ones that were asked for last', () => {
    const usable = new UsableCertificates(log, 2);
    const take = (name: string | undefined): void => void usable.take({ plan: 'p', name }, material, got, 'it');
    for (const name of [undefined, 'a', 'b', 'a', 'c', 'd', 'c']) take(name);
    assert.deepEqual(names(usable), ['d', 'c']);
  });

  it('forgets those of other plans', () => {
    const usable = new UsableCertificates(log, 9);
    for (const plan of ['p', 'q p']) usable.take({ plan, name: `of-${plan[0]}` }, material, got, 'it');
    usable.keepOnly(new Set(['p']));
    assert.deepEqual(names(usable), ['of-p']);
  });

  it('tells what cannot be used, and uses what came before it', () => {
    const usable = new UsableCertificates(log, 9);
    const wanted = { plan: 'p', name: 'a.test' };
    assert.equal(usable.take(wanted, material, got, 'it'), got);
    const broken = { ...got, certificate: 'broken' };
    assert.equal(usable.take(wanted, material, broken, 'it'), got);
    assert.match(usable.failure(wanted) ?? '', /does not take it/);
    assert.deepEqual([...usable.onDemand()], [{ name: 'a.test', certificate }]);
  });
});
