import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { Config } from '../../src/config/config.ts';
import { validate } from '../../src/config/load/validate.ts';
import { adaptNginxConf } from '../../src/config/nginx/adapt/adapt.ts';
import { readNginxConf } from '../../src/config/nginx/syntax/load.ts';
import { printConfig } from '../../src/config/print/print.ts';
import { resolve } from '../../src/config/resolve.ts';
import { checkProxies } from '../../src/config/typed/check-proxies.ts';
import { toConfig } from '../../src/config/typed/to-config.ts';
import type { SitePlan } from '../../src/plan/site-plan.ts';

const folder = join(import.meta.dirname, 'nginx-config');

/** A config of the golden folder; undefined for one that cannot be used. */
function read(name: string): Config | undefined {
  const { directives, diagnostics } = readNginxConf(join(folder, name), { prefix: folder, lenient: true });
  const context = { prefix: '/prefix', configFolder: '/prefix/conf', hostname: 'machine', isRoot: true, lenient: true };
  const adapted = adaptNginxConf(directives, context);
  const isWrong = [...diagnostics, ...adapted.diagnostics].some(({ severity }) => severity === 'error');
  return isWrong ? undefined : adapted.config;
}

async function load(text: string): Promise<Config> {
  const plain = text.replace(/^import .*\n/, 'const defineConfig = (config) => config;');
  const module: { readonly default: unknown } = await import(`data:text/javascript,${encodeURIComponent(plain)}`);
  const { user, ...others } = validate(module.default);
  assert.ok(user, `${JSON.stringify(others, null, 2)}\n${text}`);
  const { config } = toConfig(user, '/nowhere');
  const problems = checkProxies(user, plan(config)).filter(({ severity }) => severity === 'error');
  assert.deepEqual(problems, [], text);
  return config;
}

function plan(config: Config): SitePlan {
  return resolve(config, { hostname: 'machine' });
}

describe('printConfig', () => {
  const names = readdirSync(folder).filter((name) => name.endsWith('.conf'));
  const usable = names.flatMap((name) => {
    const config = read(name);
    return config === undefined ? [] : [{ name, config }];
  });

  it('has configs to print', () => assert.ok(usable.length > 50, String(usable.length)));

  for (const { name, config } of usable) {
    it(`says what ${name} says`, async () => {
      const text = printConfig(config);
      const again = await load(text);
      assert.deepEqual(plan(again), plan(config), text);
      assert.deepEqual(again.process, config.process);
      assert.deepEqual(Object.keys(again.apps), Object.keys(config.apps));
    });
  }
});
