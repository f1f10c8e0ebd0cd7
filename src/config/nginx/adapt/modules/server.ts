import type { Bind } from '../../../../core/bind.ts';
import type { ServerConfig } from '../../../config.ts';
import { bindKey } from '../../../listeners.ts';
import type { Position } from '../../syntax/tree.ts';
import type { Adaptation } from '../adaptation.ts';
import { argument, flag, type Handler, type Handlers, milliseconds, number, offset, size } from '../handlers.ts';
import { Scope, type ServerDraft } from '../scope.ts';
import { parseNumber, parseSeconds, parseSize } from '../values.ts';
import { addListen, listenWithout } from './listen.ts';
import { serverNames } from './server-names.ts';

/** What servers have, and what holds for their connections. */
export const serverHandlers: Handlers = {
  server: (directive, outer, adaptation) => {
    const draft: ServerDraft = { listen: [], names: new Map() };
    const scope = new Scope(outer, { server: draft });
    adaptation.run(directive.block ?? [], scope);
    const saysListen = directive.block?.some(({ name }) => name === 'listen');
    if (!saysListen) addListen(listenWithout(adaptation.context), directive, draft, adaptation);
    const names = draft.names.size > 0 ? draft.names : new Map([['', directive.at]]);
    for (const { bind } of draft.listen) {
      for (const [name, at] of names) warnOfConflict(name, bind, { at }, adaptation);
    }
    const server: ServerConfig = {
      ...scope.block,
      listen: draft.listen,
      names: [...names.keys()],
      rules: scope.rules,
      locations: scope.locations,
    };
    adaptation.servers.push(server);
    adaptation.serverBlocks.push({ directive, scope });
  },
  server_name: serverNames,

  merge_slashes: flag((mergeSlashes) => ({ mergeSlashes })),
  underscores_in_headers: flag((underscoresInHeaders) => ({ connection: { underscoresInHeaders } })),
  client_header_timeout: milliseconds((headTimeoutMs) => ({ connection: { headTimeoutMs } })),
  client_body_timeout: milliseconds((bodyTimeoutMs) => ({ bodyTimeoutMs })),
  send_timeout: connection(milliseconds((sendTimeoutMs) => ({ connection: { sendTimeoutMs } }))),
  client_max_body_size: offset((maxBodySize) => ({ maxBodySize })),
  keepalive_requests: connection(number((keepAliveRequests) => ({ connection: { keepAliveRequests } }))),
  keepalive_time: connection(milliseconds((keepAliveTimeMs) => ({ connection: { keepAliveTimeMs } }))),
  keepalive_timeout: connection((directive, scope, adaptation) => {
    const header = directive.args[1];
    if (header && parseSeconds(header.text) === undefined) {
      adaptation.error(header, '"keepalive_timeout" directive invalid value');
    } else if (header) adaptation.warn(header, 'no "Keep-Alive" field is sent');
    milliseconds((keepAliveMs) => ({ connection: { keepAliveMs } }))(directive, scope, adaptation);
  }),
  client_header_buffer_size: size(() => ({})),
  large_client_header_buffers: (directive, scope, adaptation) => {
    const [count, bytes] = [parseNumber(argument(directive, 0).text), parseSize(argument(directive, 1).text)];
    if (!count || !bytes) {
      adaptation.error(directive, '"large_client_header_buffers" directive invalid value');
    } else if (bytes < connectionPoolSize) {
      const message = 'the "large_client_header_buffers" size must be equal to or greater than "connection_pool_size"';
      adaptation.error(directive, message);
    } else {
      // A line has to fit into one buffer, and all lines into all of them.
      const connection = { maxHeadSize: count * bytes, maxFieldSize: bytes, maxTargetSize: bytes };
      scope.set({ connection });
    }
  },
  max_headers: number((maxFieldCount) => ({ connection: { maxFieldCount } })),
};

/** Connections are of servers: what a location says of them comes too late. */
function connection(handler: Handler): Handler {
  return (directive, scope, adaptation) => {
    handler(directive, scope.match ? new Scope() : scope, adaptation);
    if (!scope.match) return;
    adaptation.warn(directive, `"${directive.name}" in a location changes nothing`, 'write it in the server');
  };
}

/** The first server of a name gets the requests. */
function warnOfConflict(name: string, bind: Bind, place: { readonly at: Position }, adaptation: Adaptation): void {
  const key = bindKey(bind);
  const names = name.startsWith('.') ? [name.slice(1), `*${name}`] : [name];
  const taken = names.filter((each) => !adaptation.isFirst(`name on ${key}`, each));
  if (taken.length > 0) adaptation.warn(place, `conflicting server name "${name}" on ${key}, ignored`);
}

/** nginx's default, in bytes. */
const connectionPoolSize = 512;
