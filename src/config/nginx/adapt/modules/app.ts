import type { AppConfig } from '../../../app-config.ts';
import type { Directive } from '../../syntax/tree.ts';
import type { Adaptation } from '../adaptation.ts';
import { argument, type Handlers, readFlag } from '../handlers.ts';
import { parseMilliseconds, parseNumber, parseOffset } from '../values.ts';

/** What nginx does not have: apps that Galley runs. */
export const appHandlers: Handlers = {
  app: (directive, _scope, adaptation) => {
    const name = argument(directive, 0);
    if (Object.hasOwn(adaptation.apps, name.text)) adaptation.error(name, `duplicate app "${name.text}"`);
    let app: Partial<AppConfig> = {};
    for (const field of directive.block ?? []) {
      const read = Object.hasOwn(fields, field.name) ? fields[field.name] : undefined;
      app = { ...app, ...read?.(field, adaptation, app) };
    }
    const { python, ...others } = app;
    if (python === undefined) adaptation.error(directive, `"python" is missing in app "${name.text}"`);
    else adaptation.apps[name.text] = { python, ...others };
  },
  app_pass: (directive, scope, adaptation) => {
    const { text: app } = argument(directive, 0);
    scope.set({ content: { kind: 'app', app } });
    adaptation.later(() => {
      if (!Object.hasOwn(adaptation.apps, app)) adaptation.error(argument(directive, 0), `unknown app "${app}"`);
    });
  },
};

/** Reads one directive of an `app` block; tells of a value that is none. */
type Field = (directive: Directive, adaptation: Adaptation, app: Partial<AppConfig>) => Partial<AppConfig> | undefined;

const fields: Readonly<Record<string, Field>> = {
  python: text((python) => ({ python })),
  directory: (directive, adaptation) => ({ directory: adaptation.path(argument(directive, 0).text) }),
  interpreter: text((interpreter) => ({ interpreter })),
  interface: word(['auto', 'asgi3', 'asgi2', 'wsgi'], (value) => ({ interface: value })),
  factory: (directive, adaptation) => {
    const factory = readFlag(directive, adaptation);
    return factory === undefined ? undefined : { factory };
  },
  lifespan: word(['auto', 'on', 'off'], (lifespan) => ({ lifespan })),
  root_path: text((rootPath) => ({ rootPath })),
  workers: (directive, adaptation) => {
    const [first, second] = directive.args;
    if (first?.text === 'auto' && !second) return { workers: 'auto' };
    const min = parseNumber(first?.text ?? '');
    const max = second && parseNumber(second.text);
    if (!min || (second && (!max || max < min))) return wrong(directive, adaptation);
    return { workers: max ? { min, max } : min };
  },
  threads: value(parseNumber, (threads) => ({ threads })),
  concurrency: value(parseNumber, (concurrency) => ({ concurrency })),
  queue_size: value(parseNumber, (queueSize) => ({ queueSize })),
  queue_timeout: value(parseMilliseconds, (queueTimeoutMs) => ({ queueTimeoutMs })),
  preload: word(['auto', 'always', 'never'], (preload) => ({ preload })),
  max_requests: value(parseNumber, (maxRequests) => ({ maxRequests })),
  max_requests_jitter: value(parseNumber, (maxRequestsJitter) => ({ maxRequestsJitter })),
  max_rss: value(parseOffset, (maxRssBytes) => ({ maxRssBytes })),
  max_lifetime: value(parseMilliseconds, (maxLifetimeMs) => ({ maxLifetimeMs })),
  request_timeout: value(parseMilliseconds, (requestTimeoutMs) => ({ requestTimeoutMs })),
  graceful_timeout: value(parseMilliseconds, (gracefulTimeoutMs) => ({ gracefulTimeoutMs })),
  environment: (directive, _adaptation, { environment }) => ({
    environment: { ...environment, [argument(directive, 0).text]: argument(directive, 1).text },
  }),
};

function text(field: (text: string) => Partial<AppConfig>): Field {
  return (directive) => field(argument(directive, 0).text);
}

function value(parse: (text: string) => number | undefined, field: (value: number) => Partial<AppConfig>): Field {
  return (directive, adaptation) => {
    const parsed = parse(argument(directive, 0).text);
    return parsed === undefined ? wrong(directive, adaptation) : field(parsed);
  };
}

function word<Word extends string>(words: readonly Word[], field: (word: Word) => Partial<AppConfig>): Field {
  return (directive, adaptation) => {
    const place = argument(directive, 0);
    const found = words.find((each) => each === place.text);
    if (found !== undefined) return field(found);
    const hint = `it is one of ${words.join(', ')}`;
    return adaptation.error(place, `invalid value "${place.text}" in "${directive.name}" directive`, hint);
  };
}

function wrong(directive: Directive, adaptation: Adaptation): undefined {
  return adaptation.error(argument(directive, 0), `"${directive.name}" directive invalid value`);
}
