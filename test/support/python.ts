import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const inCheckout = fileURLToPath(new URL('../../.cache/python/bin/python', import.meta.url));

/** The interpreter that has the frameworks which tests use. Throws where there is none. */
export function testPython(): string {
  const path = process.env['GALLEY_TEST_PYTHON'] ?? inCheckout;
  if (existsSync(path)) return path;
  throw new Error(
    `Cannot find the Python of the tests at "${path}": make it with "python3 -m venv .cache/python" and ` +
      '".cache/python/bin/pip install -r test/requirements.txt", or name another in GALLEY_TEST_PYTHON',
  );
}
