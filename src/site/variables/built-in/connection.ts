import type { Peer } from '../../../core/exchange.ts';
import { parseAddress } from '../../../http/network.ts';
import type { SiteRequest } from '../../site-request.ts';
import type { BuiltIns } from './built-in.ts';
import { protocols } from './request.ts';

/** The connection and its two ends. */
export const connectionVariables: BuiltIns = {
  binary_remote_addr: binaryAddress,
  connection: ({ exchange }) => String(exchange.connection.serial ?? 0),
  connection_requests: ({ exchange }) => String(exchange.connectionRequests ?? 1),
  connection_time: ({ exchange, services }) =>
    seconds(services.now() - (exchange.connection.openedAt ?? services.now())),
  https: ({ exchange }) => (exchange.connection.scheme === 'https' ? 'on' : ''),
  is_request_port: (request) => (requestPort(request) === '' ? '' : ':'),
  pipe: ({ exchange }) => (exchange.isPipelined ? 'p' : '.'),
  proxy_add_x_forwarded_for: forwardedFor,
  proxy_protocol_addr: ({ exchange }) => exchange.connection.proxyProtocol?.client.address,
  proxy_protocol_port: ({ exchange: { connection } }) =>
    connection.proxyProtocol && portOf(connection.proxyProtocol.client),
  proxy_protocol_server_addr: ({ exchange }) => exchange.connection.proxyProtocol?.server.address,
  proxy_protocol_server_port: ({ exchange: { connection } }) =>
    connection.proxyProtocol && portOf(connection.proxyProtocol.server),
  realip_remote_addr: (request) => addressOf(connectedPeer(request)),
  realip_remote_port: (request) => portOf(connectedPeer(request)),
  remote_addr: remoteAddress,
  remote_port: ({ exchange }) => portOf(exchange.connection.client),
  request_port: requestPort,
  scheme: ({ exchange }) => exchange.connection.scheme,
  server_addr: ({ exchange: { connection } }) => {
    const { address, port } = connection.server;
    return port === 0 ? `unix:${address}` : address;
  },
  server_port: ({ exchange }) => portOf(exchange.connection.server),
  server_protocol: ({ exchange }) => protocols[exchange.request.version],
};

/** nginx's `$remote_addr`. */
export function remoteAddress({ exchange }: SiteRequest): string {
  return addressOf(exchange.connection.client);
}

/** Who connected. */
function connectedPeer({ main, exchange: { connection } }: SiteRequest): Peer {
  return main.peer ?? connection.carrier ?? connection.client;
}

/** A duration in seconds with three decimals, as nginx writes them. */
export function seconds(milliseconds: number): string {
  return (Math.max(0, Math.round(milliseconds)) / 1000).toFixed(3);
}

/** A client on a Unix socket has no address. */
function addressOf({ address, port }: Peer): string {
  return port === 0 && (address === '' || address.includes('/')) ? 'unix:' : address;
}

function portOf({ port }: Peer): string {
  return port === 0 ? '' : String(port);
}

function binaryAddress(request: SiteRequest): string {
  const address = remoteAddress(request);
  const bytes = parseAddress(address);
  return bytes ? String.fromCharCode(...bytes) : address;
}

function forwardedFor(request: SiteRequest): string {
  return [...request.exchange.request.headers.getAll('x-forwarded-for'), remoteAddress(request)].join(', ');
}

/** The port that the Host field names. */
function requestPort(request: SiteRequest): string {
  return /:(\d+)$/.exec(request.header('host') ?? '')?.[1] ?? '';
}
