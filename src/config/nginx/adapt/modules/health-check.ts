import type { HealthCheckPlan } from '../../../../plan/upstream-plan.ts';
import { healthCheckDefaults } from '../../../upstream-defaults.ts';
import type { Directive } from '../../syntax/tree.ts';
import type { Adaptation } from '../adaptation.ts';
import { argument, type Handlers } from '../handlers.ts';
import { parseMilliseconds, parseNumber } from '../values.ts';

/** nginx Plus: peers of the location's upstream are asked now and then. */
export const healthCheckHandlers: Handlers = {
  health_check: (directive, scope, adaptation) => {
    const read = readCheck(directive, adaptation);
    if (!read) return;
    const { match, ...check } = read;
    adaptation.later(() => {
      const { content } = scope.block;
      const target = content?.kind === 'proxy' && content.target.kind === 'upstream' ? content.target : undefined;
      const upstream = target && adaptation.upstreams.get(target.upstream);
      const tests = match === undefined ? {} : adaptation.healthMatches.get(match);
      if (!target || !upstream) {
        adaptation.error(directive, '"health_check" needs a "proxy_pass" without variables in the same location');
      } else if (!tests) adaptation.error(directive, `match "${match}" not found`);
      else if (target.scheme === 'https' || scope.said.has('grpc_pass')) {
        // Asked in the clear and in HTTP/1.1, peers that live would be taken for dead.
        adaptation.unsupported(directive, 'Galley does not have "health_check" over TLS or HTTP/2');
      } else {
        const healthCheck = { ...nginxCheck, ...check, ...tests };
        adaptation.upstreams.set(target.upstream, { ...upstream, healthCheck });
      }
    });
  },
  match: (directive, _scope, adaptation) => {
    const name = argument(directive, 0);
    let tests: Tests = { statuses: anyStatus };
    for (const entry of directive.block ?? []) tests = { ...tests, ...readTest(entry, adaptation) };
    adaptation.healthMatches.set(name.text, tests);
  },
};

/** What answers have to be like. */
type Tests = Partial<Pick<HealthCheckPlan, 'statuses' | 'body'>>;

/** A `match` that says nothing of it. */
const anyStatus: HealthCheckPlan['statuses'] = [[100, 599]];

const nginxCheck: HealthCheckPlan = { ...healthCheckDefaults, jitterMs: 0, fails: 1, passes: 1 };

interface Check extends Partial<HealthCheckPlan> {
  readonly match?: string;
}

/** Undefined where a peer would have to be asked in another way, which is told. */
function readCheck({ args, name: directive }: Directive, adaptation: Adaptation): Check | undefined {
  let check: Check = {};
  for (const each of args) {
    const [, name = each.text, value = ''] = /^([^=]*)=(.*)$/s.exec(each.text) ?? [];
    const fields = Object.hasOwn(parameters, name) ? parameters[name]?.(value) : undefined;
    if (fields) check = { ...check, ...fields };
    else if (unsupported.has(name)) {
      return adaptation.unsupported(each, `Galley does not have "${each.text}" of "${directive}"`);
    } else adaptation.error(each, `invalid parameter "${each.text}"`);
  }
  return check;
}

const unsupported: ReadonlySet<string> = new Set(['type', 'grpc_service', 'grpc_status', 'keepalive_time']);

/** As of the typed config. */
const leastIntervalMs = 100;

/** Undefined for a value that is none. */
const parameters: Readonly<Record<string, (value: string) => Check | undefined>> = {
  interval: time((intervalMs) => (intervalMs >= leastIntervalMs ? { intervalMs } : undefined)),
  jitter: time((jitterMs) => ({ jitterMs })),
  fails: count((fails) => ({ fails })),
  passes: count((passes) => ({ passes })),
  uri: (uri) => (/^\/[!-~]*$/.test(uri) ? { uri } : undefined),
  port: (value) => {
    const port = parseNumber(value);
    return port && port <= 65_535 ? { port } : undefined;
  },
  match: (match) => ({ match }),
  mandatory: () => ({ isMandatory: true }),
  // What is known of a peer stays known on a reload.
  persistent: () => ({}),
};

function time(fields: (ms: number) => Check | undefined): (value: string) => Check | undefined {
  return (value) => {
    const ms = parseMilliseconds(value);
    return ms === undefined ? undefined : fields(ms);
  };
}

function count(fields: (count: number) => Check): (value: string) => Check | undefined {
  return (value) => {
    const number = parseNumber(value);
    return number ? fields(number) : undefined;
  };
}

/** A line of `match`. */
function readTest(entry: Directive, adaptation: Adaptation): Tests {
  const [first, second] = entry.args;
  if (entry.name === 'status' && first && first.text !== '!') {
    const statuses = entry.args.map(({ text }) => statusRange(text));
    if (statuses.every((range) => range !== undefined)) return { statuses };
  } else if (entry.name === 'body' && first?.text === '~' && second && /^[^\\^$.|?*+()[\]{}]+$/.test(second.text)) {
    return { body: second.text };
  }
  const hint = 'there is "status 200-399 404" and "body ~ text", where text is no pattern';
  adaptation.unsupported(entry, `Galley does not have such a "${entry.name}" in "match"`, hint);
  return {};
}

function statusRange(text: string): readonly [number, number] | undefined {
  const [, from, to = from] = /^([1-5]\d\d)(?:-([1-5]\d\d))?$/.exec(text) ?? [];
  return from === undefined ? undefined : [Number(from), Number(to)];
}
