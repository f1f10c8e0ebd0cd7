import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { AppFolder } from '../../../test/support/app-folder.ts';
import { AppStartError } from '../../app/start-error.ts';
import { describeStartFailure } from './start-failure.ts';

const source = Array.from({ length: 20 }, (_, index) => `line_${index + 1}`).join('\n');

function traceback(...frames: readonly (readonly [file: string, line: number])[]): string {
  const lines = frames.map(([file, line]) => `  File "${file}", line ${line}, in brew\n    source\n`);
  return `Traceback (most recent call last):\n${lines.join('')}RuntimeError: the kettle is cold\n`;
}

describe('describeStartFailure', () => {
  it('shows the innermost place in the app’s own code, with the lines around it', async () => {
    await using folder = await AppFolder.with({ 'main.py': source });
    const text = traceback(
      ['/usr/lib/python3/json.py', 1],
      [folder.file('main.py'), 10],
      [folder.file('.venv/lib/kettle.py'), 3],
    );
    const failure = describeStartFailure(new AppStartError('Cannot import "main"', text), folder.path);
    assert.equal(failure.title, 'RuntimeError: the kettle is cold');
    assert.equal(failure.message, 'Cannot import "main"');
    assert.deepEqual(failure.place, {
      file: folder.file('main.py'),
      line: 10,
      firstLine: 6,
      lines: ['line_6', 'line_7', 'line_8', 'line_9', 'line_10', 'line_11', 'line_12', 'line_13', 'line_14'],
    });
  });

  it('shows fewer lines at the beginning of a file, and none of one that is gone', async () => {
    await using folder = await AppFolder.with({ 'main.py': source });
    const error = new AppStartError('', traceback([folder.file('main.py'), 2]));
    const { place } = describeStartFailure(error, folder.path);
    assert.deepEqual([place?.firstLine, place?.lines[0], place?.lines.length], [1, 'line_1', 6]);
    await rm(folder.file('main.py'));
    assert.equal(describeStartFailure(error, folder.path).place, undefined);
  });

  it('takes the message where there is no exception', () => {
    const failure = describeStartFailure(new AppStartError('The app failed to start', 'no database'), '/srv');
    assert.deepEqual(
      [failure.title, failure.traceback, failure.place],
      ['The app failed to start', 'no database', undefined],
    );
    assert.equal(describeStartFailure(new Error('out of descriptors'), '/srv').title, 'out of descriptors');
  });
});
