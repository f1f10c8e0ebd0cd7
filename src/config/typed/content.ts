import type { Content } from '../../plan/settings.ts';
import type { IfSettings, Location } from '../schema/user-config.ts';
import type { Conversion } from './conversion.ts';
import { proxyContent } from './proxy.ts';

/** Settings of a level, with what answers there. */
export type LevelSettings = IfSettings & Pick<Location, 'redirect' | 'respond'>;

/** What answers at a level; undefined where nothing is said of it. */
export function contentOf(
  { app, proxy, stubStatus, emptyGif, redirect, respond }: LevelSettings,
  conversion: Conversion,
): Content | undefined {
  if (app !== undefined) return { kind: 'app', app };
  const proxied = proxy === undefined ? undefined : proxyContent(proxy, conversion);
  if (proxied !== undefined) return proxied;
  if (stubStatus) return { kind: 'stub-status' };
  if (emptyGif) return { kind: 'empty-gif' };
  if (redirect !== undefined) return redirectContent(redirect);
  return respond === undefined ? undefined : responseContent(respond);
}

function redirectContent(redirect: NonNullable<Location['redirect']>): Content {
  const { to, status = 302 } = typeof redirect === 'string' ? { to: redirect } : redirect;
  return { kind: 'return', status, text: to };
}

function responseContent(respond: NonNullable<Location['respond']>): Content {
  if (typeof respond === 'number') return { kind: 'return', status: respond, text: undefined };
  const { status = 200, text, type = 'text/plain' } = typeof respond === 'string' ? { text: respond } : respond;
  return { kind: 'return', status, text, ...(text === undefined ? {} : { type }) };
}
