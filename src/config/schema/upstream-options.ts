import { z } from 'zod';
import { cookieFlags } from '../cookie-texts.ts';
import {
  cookieName,
  cookieText,
  count,
  duration,
  either,
  flag,
  fullText,
  hostField,
  lifetime,
  list,
  needed,
  object,
  off,
  oneOf,
  option,
  peerAddress,
  period,
  requestTarget,
  type Shape,
  strict,
  timeout,
  wholeNumber,
} from './types.ts';

/** Name servers. */
export const resolver: z.ZodType = object('Resolver', 'Who tells the addresses of names.', {
  servers: option(list(peerAddress), "Name servers such as '10.0.0.2' or '[::1]:5353', asked in turn.", {
    nginx: 'resolver',
    default: 'those of the system',
  }),
  valid: option(lifetime, 'How long an answer holds.', { nginx: 'resolver valid', default: 'its time to live' }),
  ipv4: option(flag, 'IPv4 addresses are asked for.', { nginx: 'resolver ipv4', default: true }),
  ipv6: option(flag, 'IPv6 addresses are asked for.', { nginx: 'resolver ipv6', default: true }),
  timeout: option(timeout, 'How long an answer may take.', { nginx: 'resolver_timeout', default: '5s' }),
});

const peer = object('Peer', 'A server that answers for this one.', {
  address: needed(peerAddress, "HOST:PORT, [IPV6]:PORT or unix:PATH; without a port it is 80's."),
  weight: option(wholeNumber(1, 65_535), 'How much it gets, beside the weights of the others.', {
    nginx: 'server weight',
    default: 1,
  }),
  maxFails: option(count, 'After so many failures within `failTimeout` it is left out for as long; 0 for never.', {
    nginx: 'server max_fails',
    default: 1,
  }),
  failTimeout: option(duration, 'See `maxFails`.', { nginx: 'server fail_timeout', default: '10s' }),
  maxConnections: option(count, 'How many requests it may have at a time; 0 for any number.', {
    nginx: 'server max_conns',
    default: 0,
  }),
  backup: option(flag, 'Only for when all others cannot be used.', { nginx: 'server backup', default: false }),
  down: option(flag, 'It gets nothing.', { nginx: 'server down', default: false }),
  slowStart: option(duration, 'How long its share grows after it has come back.', {
    nginx: 'server slow_start',
    default: '0s',
  }),
  route: option(cookieText, 'What sticky cookies and routes name it by.', {
    nginx: 'server route',
    default: 'a hash of its address',
  }),
  resolve: option(flag, 'Its name is looked up again when the answer is too old.', {
    nginx: 'server resolve',
    default: 'true for names, but localhost',
  }),
  service: option(fullText, "SRV records of this service, such as 'http', tell hosts, ports and weights.", {
    nginx: 'server service',
  }),
});

const balance = either(
  "a word such as 'least-connections', or an object such as { hash: '$remote_addr' }",
  oneOf('round-robin', 'least-connections', 'random', 'ip-hash', 'least-time'),
  object('HashBalance', 'The same peer for the same key.', {
    hash: needed(fullText, "The key, such as '$request_uri'."),
    consistent: option(flag, 'A peer more or less moves few keys (ketama).', {
      nginx: 'hash consistent',
      default: true,
    }),
  }),
  object('RandomBalance', 'The better of two that are drawn.', {
    random: needed(oneOf('least-connections', 'least-time'), 'What makes one better.'),
  }),
  object('LeastTimeBalance', 'The one that answers fastest.', {
    leastTime: needed(oneOf('header', 'last-byte'), 'Until the head of an answer, or until its end.'),
  }),
);

const sticky = either(
  'false, { cookie } or { route }',
  off,
  object('StickyCookie', 'A cookie tells which peer a client has been at.', {
    cookie: needed(cookieName, 'Its name.'),
    expires: option(either("a time or 'max'", lifetime, oneOf('max')), 'How long browsers keep it.', {
      default: 'as long as they run',
    }),
    domain: option(cookieText, 'For which domain.'),
    path: option(cookieText, 'For which path.'),
    flags: option(list(oneOf(...cookieFlags)), 'Its flags.'),
  }),
  object('StickyRoute', "A text that holds the peer's `route`.", {
    route: needed(list(fullText), "Texts with variables such as '$cookie_route'; the first that is not empty counts."),
  }),
);

const statusRange = z.string().regex(/^[1-5]\d\d-[1-5]\d\d$/, { error: "it takes a range such as '200-399'" });

const healthCheck = either(
  'true, false or an object',
  flag,
  object('HealthCheck', 'Each peer is asked now and then, so that one that is dead gets nothing.', {
    kind: option(oneOf('http', 'tcp'), 'tcp: it is enough that it takes a connection.', { default: 'http' }),
    interval: option(period, 'How often.', { nginx: 'health_check interval', default: '5s' }),
    jitter: option(duration, 'At random up to so much later.', { nginx: 'health_check jitter', default: '1s' }),
    timeout: option(timeout, 'How long an answer may take.', { default: '3s' }),
    fails: option(wholeNumber(1, 1_000), 'So many in a row and it gets nothing.', {
      nginx: 'health_check fails',
      default: 3,
    }),
    passes: option(wholeNumber(1, 1_000), 'So many in a row and it is used again.', {
      nginx: 'health_check passes',
      default: 2,
    }),
    uri: option(requestTarget, 'What is asked for.', { nginx: 'health_check uri', default: '/' }),
    host: option(hostField, 'The host that is named.', { default: "the peer's name" }),
    port: option(wholeNumber(1, 65_535), 'The port that is asked.', {
      nginx: 'health_check port',
      default: "the peer's own",
    }),
    statuses: option(
      list(either("a status or a range such as '200-399'", wholeNumber(100, 599), statusRange)),
      'What it may answer.',
      { default: ['200-399'] },
    ),
    body: option(fullText, 'A text that the answer holds.'),
    mandatory: option(flag, 'A new peer gets nothing before it has passed.', {
      nginx: 'health_check mandatory',
      default: false,
    }),
  }),
);

const keepAlive = either(
  'false, a number or an object',
  off,
  count,
  object('UpstreamKeepAlive', 'Connections that are kept for the next request.', {
    idle: option(count, 'Idle ones of one front thread; 0 for none.', { nginx: 'keepalive', default: 64 }),
    requests: option(count, 'Requests over one of them.', { nginx: 'keepalive_requests', default: 1_000_000 }),
    time: option(duration, 'How long one is used in all.', { nginx: 'keepalive_time', default: '1h' }),
    timeout: option(duration, 'How long one may be idle.', { nginx: 'keepalive_timeout', default: '55s' }),
  }),
);

const breaker = either(
  'true, false or an object',
  flag,
  object('Breaker', 'A peer of which too many requests fail is left out for a while, then tried with one request.', {
    failureRate: option(
      z.number({ error: 'it takes a number from 0 to 1' }).min(0).max(1),
      'The share of requests that fail.',
      { default: 0.5 },
    ),
    window: option(period, 'Of those that ended within so long.', { default: '10s' }),
    minRequests: option(wholeNumber(1, 1_000_000), 'Fewer say nothing.', { default: 20 }),
    open: option(duration, 'How long it is left out.', { default: '30s' }),
  }),
);

export const upstream: z.ZodType = object('Upstream', 'Servers that answer for this one.', {
  peers: needed(
    list(either("an address such as '10.0.0.1:8000', or { address }", peerAddress, peer)),
    'Who they are.',
    { nginx: 'server' },
  ),
  balance: option(balance, 'Who of them gets a request.', {
    nginx: 'least_conn, random, ip_hash, hash, least_time',
    default: 'round-robin',
  }),
  sticky: option(sticky, 'Clients go on with the peer that they have been at.', { nginx: 'sticky', default: false }),
  keepAlive: option(keepAlive, 'Connections that are kept for the next request.', { nginx: 'keepalive' }),
  queue: option(
    either(
      'false or { requests, wait }',
      off,
      strict({
        requests: needed(wholeNumber(1, 1_000_000), 'How many.'),
        wait: option(duration, 'For how long.', { default: '60s' }),
      }),
    ),
    'Requests that may wait while no peer can take one.',
    { nginx: 'queue', default: false },
  ),
  healthCheck: option(healthCheck, 'Peers are asked whether they live.', { nginx: 'health_check', default: false }),
  breaker: option(breaker, 'Peers of which too many requests fail are left out.', { default: false }),
  resolver: option(
    either('false or an object', off, resolver),
    'Who tells the addresses of peers that have names; false looks them up once, as the system does.',
    { nginx: 'resolver', default: 'the name servers of the system' },
  ),
} satisfies Shape);
