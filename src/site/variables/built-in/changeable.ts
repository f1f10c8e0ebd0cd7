import type { SetVariable } from '../../compile-context.ts';

/** Variables of nginx that a config may write all the same. */
const names: ReadonlySet<string> = new Set(
  'args limit_rate invalid_referer uid_reset proxy_host proxy_port ancient_browser modern_browser msie'.split(' '),
);

/** Of those that begin with `http_` and `sent_http_`, the ones that nginx has a variable of their own for. */
const fixed: ReadonlySet<string> = new Set(
  [
    'http_cookie http_host http_referer http_user_agent http_via http_x_forwarded_for sent_http_cache_control',
    'sent_http_connection sent_http_content_length sent_http_content_type sent_http_keep_alive sent_http_last_modified',
    'sent_http_link sent_http_location sent_http_transfer_encoding',
  ].flatMap((line) => line.split(' ')),
);

/** Whether `set`, `map` and named groups may have a variable of this name, where `isBuiltIn` says whether there is one by this very name. */
export function isChangeable(name: string, isBuiltIn: boolean): boolean {
  if (isBuiltIn) return names.has(name) || name.startsWith('ssl_') || name.startsWith('geoip_');
  return !fixed.has(name);
}

/** Those that are no values of their own, but part of the request. */
export const requestSetters: ReadonlyMap<string, SetVariable> = new Map<string, SetVariable>([
  [
    'args',
    (request, value) => {
      request.args = value;
    },
  ],
  [
    'limit_rate',
    (request, value) => {
      request.limitRate = value;
    },
  ],
]);
