// For Node's `--import`: on SIGWINCH the main thread writes what keeps its event loop alive to the file GALLEY_TEST_RESOURCES.
import { renameSync, writeFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

const file = process.env['GALLEY_TEST_RESOURCES'];
if (isMainThread && file !== undefined) {
  process.on('SIGWINCH', () => {
    writeFileSync(`${file}.new`, JSON.stringify(process.getActiveResourcesInfo()));
    renameSync(`${file}.new`, file);
  });
}
