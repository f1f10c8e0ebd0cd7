import { mostWorkers } from '../../app/options.ts';
import { logLevels } from '../../observe/log.ts';
import { cacheRoutes } from './cache-routes.ts';
import { certificateRoutes } from './certificate-routes.ts';
import { type ControlAnswer, type ControlBody, type Route, refused } from './control-answer.ts';
import type { ControlTarget } from './control-target.ts';
import { upstreamRoutes } from './upstream-routes.ts';

const routes: Readonly<Record<string, Route>> = {
  '/status': { method: 'GET', answer: (target) => ({ status: 200, body: target.status() }) },
  '/workers': {
    method: 'GET',
    answer: (target) => ({
      status: 200,
      body: target.status().apps.flatMap(({ name, workers }) => workers.map((worker) => ({ app: name, ...worker }))),
    }),
  },
  '/queue': {
    method: 'GET',
    answer: (target) => ({
      status: 200,
      body: target.status().apps.map(({ name, queue }) => ({ app: name, ...queue })),
    }),
  },
  '/scale': { method: 'POST', changes: true, answer: scale },
  '/reload': { method: 'POST', changes: true, answer: reload },
  '/drain': { method: 'POST', changes: true, answer: drain },
  '/stop': {
    method: 'POST',
    answer(target) {
      target.stop();
      return { status: 202, body: { ok: true, text: 'Galley is stopping' } };
    },
  },
  '/log-level': { method: 'PUT', answer: setLogLevel },
  ...upstreamRoutes,
  ...cacheRoutes,
  ...certificateRoutes,
};

/** Does what a request to the control socket asks for, and gives the answer. `text` is the request's body. */
export async function answerControl(
  target: ControlTarget,
  method: string,
  path: string,
  text: string,
): Promise<ControlAnswer> {
  const route = Object.hasOwn(routes, path) ? routes[path] : undefined;
  if (!route) {
    const paths = Object.entries(routes).map(([each, { method: its }]) => `${its} ${each}`);
    return { status: 404, body: { ok: false, text: `There is no ${path}`, paths } };
  }
  if (method !== route.method) {
    return { ...refused(405, `${path} takes ${route.method}, not ${method}`), allow: route.method };
  }
  if (route.changes && target.status().state === 'stopping') return refused(409, 'Galley is stopping');
  const body = readBody(text);
  if (!body) return refused(400, 'The body has to be a JSON object');
  return route.answer(target, body);
}

function readBody(text: string): ControlBody | undefined {
  if (text.trim() === '') return {};
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as ControlBody) : undefined;
  } catch {
    return undefined;
  }
}

function scale(target: ControlTarget, body: ControlBody): ControlAnswer {
  const { workers, min = workers, max = workers } = body;
  if (!isWorkerCount(min) || !isWorkerCount(max) || min > max) {
    return refused(
      400,
      `/scale takes {"workers": NUMBER} or {"min": NUMBER, "max": NUMBER}, whole numbers from 1 to ${mostWorkers}, min not above max`,
    );
  }
  const app = appOf(target, body);
  if (typeof app !== 'string') return app;
  target.scale(min, max, app);
  return {
    status: 200,
    body: { ok: true, text: `Galley keeps ${min === max ? min : `${min} to ${max}`} workers from now on` },
  };
}

async function reload(target: ControlTarget): Promise<ControlAnswer> {
  const outcome = await target.reload();
  return { status: outcome.ok ? 200 : 409, body: outcome };
}

function drain(target: ControlTarget, body: ControlBody): ControlAnswer {
  const { worker } = body;
  if (typeof worker !== 'number') return refused(400, '/drain takes {"worker": NUMBER}, the id of a worker');
  const app = appOf(target, body);
  if (typeof app !== 'string') return app;
  if (!target.drain(worker, app)) return refused(404, `There is no worker ${worker}`);
  return { status: 202, body: { ok: true, text: `Worker ${worker} is being replaced` } };
}

function setLogLevel(target: ControlTarget, body: ControlBody): ControlAnswer {
  const level = logLevels.find((each) => each === body['level']);
  if (level === undefined) return refused(400, `/log-level takes {"level": LEVEL}, one of ${logLevels.join(', ')}`);
  target.setLogLevel(level);
  return { status: 200, body: { ok: true, text: `The log level is ${level} from now on` } };
}

/** The app that a request is about: it has to say so where there are several. */
function appOf(target: ControlTarget, { app }: ControlBody): string | ControlAnswer {
  const names = target.appNames();
  const [only] = names;
  if (app === undefined && only !== undefined && names.length === 1) return only;
  const named = names.find((name) => name === app);
  if (named !== undefined) return named;
  if (only === undefined) return refused(409, 'There is no app');
  const text = `Name the app with {"app": NAME}, one of ${names.join(', ')}`;
  return { status: 400, body: { ok: false, text, apps: names } };
}

function isWorkerCount(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= mostWorkers;
}
