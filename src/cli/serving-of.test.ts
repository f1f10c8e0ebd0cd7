import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Config } from '../config/config.ts';
import { notesOf } from './serving-of.ts';

it('notesOf says that the limit of open files is lower than the config wants it', () => {
  const config = { process: { openFiles: 4_096 }, http: {}, servers: [], apps: {} };
  assert.deepEqual(notesOf(config as unknown as Config, 1_024), [
    'the config asks for 4096 open files and the limit in force is 1024: raise it where Galley is started (ulimit -n, LimitNOFILE= of systemd)',
  ]);
  assert.deepEqual(notesOf(config as unknown as Config, 4_096), []);
});
