import { isIPv4, isIPv6 } from 'node:net';
import { isToken } from '../../../../http/token.ts';
import { nextConditions } from '../../../../plan/proxy-plan.ts';
import type { Block } from '../../../config.ts';
import type { Argument, Directive } from '../../syntax/tree.ts';
import type { Adaptation } from '../adaptation.ts';
import {
  argument,
  choice,
  flag,
  type Handler,
  type Handlers,
  milliseconds,
  number,
  rate,
  size,
  template,
  words,
} from '../handlers.ts';
import { parseNumber, parseSize } from '../values.ts';
import { proxyPass } from './proxy-pass.ts';

const ignorable = [
  'x-accel-redirect',
  'x-accel-expires',
  'x-accel-limit-rate',
  'x-accel-buffering',
  'x-accel-charset',
  'expires',
  'cache-control',
  'set-cookie',
  'vary',
] as const;

/** nginx's proxy module, without rewriting of answers, TLS and the cache. */
export const proxyHandlers: Handlers = {
  proxy_pass: proxyPass,

  proxy_http_version: choice(['1.0', '1.1', '2'], (httpVersion) => ({ proxy: { httpVersion } })),
  proxy_set_header: (directive, scope, adaptation) => {
    const [name, value] = [argument(directive, 0), argument(directive, 1)];
    const field = { name: name.text, value: adaptation.template(value.text, value) };
    // nginx sends whatever it is.
    if (!isToken(name.text)) adaptation.error(name, `"${name.text}" is no name of a header`);
    else scope.appendToProxy('setFields', field);
  },
  proxy_pass_request_headers: flag((passesFields) => ({ proxy: { passesFields } })),
  proxy_pass_request_body: flag((passesBody) => ({ proxy: { passesBody } })),
  proxy_method: template((method) => ({ proxy: { method } })),
  proxy_set_body: template((body) => ({ proxy: { body } })),
  proxy_request_buffering: flag((buffersRequest) => ({ proxy: { buffersRequest } })),
  client_body_buffer_size: size((requestBufferSize) => ({ proxy: { requestBufferSize } })),

  proxy_hide_header: (directive, scope) => {
    scope.appendToProxy('hiddenFields', argument(directive, 0).text.toLowerCase());
  },
  proxy_pass_header: (directive, scope) => {
    scope.appendToProxy('passedFields', argument(directive, 0).text.toLowerCase());
  },
  proxy_ignore_headers: words(ignorable, (names, { block }) => {
    const ignoredFields = [...new Set([...(block.proxy?.ignoredFields ?? []), ...names])];
    return { proxy: { ignoredFields }, cache: { ignoredFields } };
  }),
  proxy_pass_trailers: flag((passesTrailers) => ({ proxy: { passesTrailers } })),
  proxy_intercept_errors: flag((interceptsErrors) => ({ proxy: { interceptsErrors } })),
  proxy_force_ranges: flag((forcesRanges) => ({ proxy: { forcesRanges } })),
  proxy_limit_rate: rate((limitRate) => ({ proxy: { limitRate } })),

  proxy_buffering: flag((buffers) => ({ proxy: { buffers } })),
  proxy_buffer_size: size((maxHeadSize) => ({ proxy: { maxHeadSize } })),
  proxy_buffers: (directive, scope, adaptation) => {
    const [count, bytes] = [parseNumber(argument(directive, 0).text), parseSize(argument(directive, 1).text)];
    if (!count || !bytes) adaptation.error(directive, '"proxy_buffers" directive invalid value');
    else if (count < 2) adaptation.error(directive, 'there must be at least 2 "proxy_buffers"');
    else scope.set({ proxy: { bufferSize: count * bytes } });
  },
  proxy_max_temp_file_size: size((maxTempFileSize) => ({ proxy: { maxTempFileSize } })),
  proxy_temp_path: (directive, scope, adaptation) => {
    const wrong = directive.args.slice(1).find(({ text }) => !parseNumber(text));
    if (wrong) adaptation.error(wrong, '"proxy_temp_path" directive invalid value');
    else scope.set({ proxy: { tempFolder: adaptation.path(argument(directive, 0).text) } });
  },

  proxy_connect_timeout: timeout((connectTimeoutMs) => ({ proxy: { connectTimeoutMs } })),
  proxy_send_timeout: timeout((sendTimeoutMs) => ({ proxy: { sendTimeoutMs } })),
  proxy_read_timeout: timeout((readTimeoutMs) => ({ proxy: { readTimeoutMs } })),
  proxy_next_upstream: words(['off', ...nextConditions], (names, { block }) => {
    const isOff = names.includes('off') || block.proxy?.next?.length === 0;
    const next = isOff ? [] : [...(block.proxy?.next ?? []), ...names.filter((name) => name !== 'off')];
    return { proxy: { next: [...new Set(next)] } };
  }),
  proxy_next_upstream_tries: number((nextTries) => ({ proxy: { nextTries } })),
  proxy_next_upstream_timeout: milliseconds((nextTimeoutMs) => ({ proxy: { nextTimeoutMs } })),
  proxy_ignore_client_abort: flag((ignoresClientAbort) => ({ proxy: { ignoresClientAbort } })),
  proxy_socket_keepalive: flag((socketKeepAlive) => ({ proxy: { socketKeepAlive } })),
  proxy_bind: bind,
};

function bind(...[directive, scope, adaptation]: Parameters<Handler>): void {
  const [address, parameter] = [argument(directive, 0), directive.args[1]];
  if (address.text === 'off') scope.set({ proxy: { bind: undefined } });
  else if (isLocal(address, adaptation) && takesParameter(parameter, directive, adaptation)) {
    scope.set({ proxy: { bind: address.text } });
  }
}

function isLocal(address: Argument, adaptation: Adaptation): boolean {
  const { text } = address;
  if (text.includes('$')) {
    adaptation.template(text, address);
    return true;
  }
  const [, bracketed, host, port = '1'] = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const isAddress = isIPv6(text) || (bracketed === undefined ? isIPv4(host ?? '') : isIPv6(bracketed));
  if (isAddress && Number(port) >= 1 && Number(port) <= 65_535) return true;
  adaptation.error(address, `invalid address "${text}"`);
  return false;
}

function takesParameter(parameter: Argument | undefined, directive: Directive, adaptation: Adaptation): boolean {
  if (!parameter) return true;
  if (parameter.text !== 'transparent') adaptation.error(parameter, `invalid parameter "${parameter.text}"`);
  else {
    const hint =
      'Node cannot connect from addresses of others; tell of the client by "proxy_set_header X-Forwarded-For"';
    adaptation.unsupported(parameter, `Galley does not have "transparent" of "${directive.name}"`, hint);
  }
  return false;
}

/** Of none nothing is left in nginx either: the shortest that a timer has is as good. */
function timeout(settings: (ms: number) => Partial<Block>): Handler {
  return milliseconds((ms) => settings(Math.max(ms, 1)));
}
