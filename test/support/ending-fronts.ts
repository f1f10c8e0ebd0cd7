// For Node's `--import`: a front thread ends with an error once its number is the name of a file in the folder GALLEY_TEST_END_FRONTS.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { isMainThread, workerData } from 'node:worker_threads';

const folder = process.env['GALLEY_TEST_END_FRONTS'];
if (!isMainThread && folder !== undefined) {
  const file = join(folder, String(workerData.front));
  setInterval(() => {
    try {
      rmSync(file);
    } catch {
      return;
    }
    throw new Error('ended by the test');
  }, 10).unref();
}
