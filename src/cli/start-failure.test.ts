import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AppStartError } from '../app/start-error.ts';
import { ListenError } from '../front/listen.ts';
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

  it('names the options that say what is asked for, where there is no config', () => {
    for (const [message, hint] of [
      ['Cannot listen: choose another address', ' with --port or --bind'],
      ['check the name and the folder of the app', ' with --app-dir'],
      ['Cannot find Python. Name the one to use', ' with --python PATH'],
    ] as const) {
      const kind = message.startsWith('check') ? new AppStartError(message, '') : new ListenError(message);
      assert.equal(startFailureText(kind, 'main'), `galley: ${message}${hint}\n`);
      assert.equal(startFailureText(kind, 'a.config.ts', true), `galley: ${message}\n`);
    }
  });

  it('says nothing of a defect', () => assert.equal(startFailureText(new Error('x'), 'main'), undefined));
});
