import { argument, type Handlers, milliseconds } from '../handlers.ts';
import { proxyPass } from './proxy-pass.ts';

/** nginx's proxy module. */
export const proxyHandlers: Handlers = {
  proxy_pass: proxyPass,
  proxy_set_header: (directive, scope, adaptation) => {
    const [name, value] = [argument(directive, 0), argument(directive, 1)];
    scope.appendToProxy('setFields', { name: name.text, value: adaptation.template(value.text, value) });
  },
  proxy_http_version: (directive, scope, adaptation) => {
    const { text } = argument(directive, 0);
    if (text === '1.0' || text === '1.1' || text === '2') scope.set({ proxy: { httpVersion: text } });
    else adaptation.error(argument(directive, 0), `invalid value "${text}"`);
  },
  proxy_connect_timeout: milliseconds((connectTimeoutMs) => ({ proxy: { connectTimeoutMs } })),
  proxy_send_timeout: milliseconds((sendTimeoutMs) => ({ proxy: { sendTimeoutMs } })),
  proxy_read_timeout: milliseconds((readTimeoutMs) => ({ proxy: { readTimeoutMs } })),
};
