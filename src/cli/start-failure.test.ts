import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AppStartError } from '../app/start-error.ts';
import { ControlSocketError } from '../server/control/control-server.ts';
import { startFailureText } from './start-failure.ts';

describe('startFailureText', () => {
  it('gives the reason and the traceback', () => {
    assert.equal(
      startFailureText(new AppStartError('It broke', 'Traceback\n'), 'main'),
      'galley: It broke\n\nTraceback\n',
    );
    assert.equal(startFailureText(new ControlSocketError('No socket'), 'main'), 'galley: No socket\n');
  });

  it('asks whether a command was meant where there is no such module', () => {
    const missing = (name: string): AppStartError => new AppStartError(`there is no module "${name}" here`, '');
    assert.equal(
      startFailureText(missing('statsu'), 'statsu'),
      'galley: there is no module "statsu" here. Did you mean "galley status"?\n',
    );
    assert.equal(startFailureText(missing('main'), 'main'), 'galley: there is no module "main" here\n');
    assert.equal(startFailureText(missing('other'), 'statsu'), 'galley: there is no module "other" here\n');
    assert.equal(startFailureText(missing('statsu'), 'statsu:app'), 'galley: there is no module "statsu" here\n');
  });

  it('says nothing of a defect', () => assert.equal(startFailureText(new Error('x'), 'main'), undefined));
});
