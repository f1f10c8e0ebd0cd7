const KiB = 1024;
const MiB = 1024 * KiB;

/** The longest time that a timer of Node can wait, in milliseconds: 24.8 days. One that is longer is over at once. */
export const longestTimerMs: number = 2 ** 31 - 1;

/** What one HTTP/1 request may be. */
export interface HttpLimits {
  /** The request line's target, in bytes. */
  readonly maxTargetSize: number;
  /** The whole head, in bytes as received. */
  readonly maxHeadSize: number;
  /** One field of a head, name and value, in bytes. */
  readonly maxFieldSize: number;
  /** The fields of a head or of a trailer section. */
  readonly maxFieldCount: number;
  /** The trailer section, in bytes as received. */
  readonly maxTrailerSize: number;
  /** One chunk's extensions, in bytes. */
  readonly maxChunkExtensionSize: number;
  /** All bytes of chunk framing (sizes, extensions) that one body may carry beyond its data, in bytes. */
  readonly maxChunkOverhead: number;
  /** The content of one body, in bytes. */
  readonly maxBodySize: number;
  /** Fields with `_` in their names are left out: behind some gateways they cannot be told from those with `-`. */
  readonly dropsUnderscores: boolean;
}

export const httpLimits: HttpLimits = {
  maxTargetSize: 8 * KiB, // nginx 8k, http.md 241
  maxHeadSize: 16 * KiB, // node 16k, nginx 4 × 8k
  maxFieldSize: 16 * KiB, // as the head; nginx 8k
  maxFieldCount: 100, // Apache 100, http.md 250
  maxTrailerSize: 4 * KiB, // hyper 16k; trailers are few
  maxChunkExtensionSize: 256, // Go 4k per line before CVE-2023-39326; nobody sends them
  maxChunkOverhead: 16 * KiB + 16 * MiB, // about 3 million chunks of any size; Go refuses over 16 B a chunk; http.md 206
  maxBodySize: 100 * MiB, // Cloudflare 100M; nginx 1m
  dropsUnderscores: false, // nginx true; our WSGI workers leave them out themselves
};

/** What one HTTP/2 connection may do. Rates are budgets: so many at once, and so many more in each second. */
export interface Http2Limits {
  /** Streams that a client may have open (SETTINGS_MAX_CONCURRENT_STREAMS). */
  readonly maxStreams: number;
  /** What one stream may send ahead of its reader, in bytes (SETTINGS_INITIAL_WINDOW_SIZE). */
  readonly streamWindow: number;
  /** The same for all streams of a connection together. */
  readonly connectionWindow: number;
  /** The longest frame that is taken (SETTINGS_MAX_FRAME_SIZE). */
  readonly maxFrameSize: number;
  /** Memory for the fields that a client has said before (SETTINGS_HEADER_TABLE_SIZE), and for those that we have. */
  readonly headerTableSize: number;
  /** What a field section may have beyond twice the longest head, as it is sent, in bytes and however many frames; above, it is a flood. */
  readonly maxSectionExcess: number;
  /** Streams that a client resets, or makes us reset by what it sends (CVE-2023-44487, CVE-2025-8671). */
  readonly resets: RateBudget;
  /** Frames that want an answer or change nothing: SETTINGS, PING, PRIORITY, PRIORITY_UPDATE, WINDOW_UPDATE beyond what data asks for, unknown ones. */
  readonly controls: RateBudget;
  /** Frames of streams without content: DATA or CONTINUATION of 0 bytes (CVE-2019-9518). */
  readonly emptyFrames: RateBudget;
  /** Answers to its frames (acknowledgements, resets) that a client has not taken yet, in bytes. */
  readonly maxUnsentControl: number;
}

export interface RateBudget {
  readonly burst: number;
  readonly perSecond: number;
}

export const http2Limits: Http2Limits = {
  maxStreams: 128, // nginx 128, Apache 100, Go 250
  streamWindow: 64 * KiB, // bufferedBodySize: more would only wait here
  connectionWindow: MiB, // nginx 2 GiB, Go 1 MiB
  maxFrameSize: 16 * KiB, // the least that RFC 9113 §4.2 allows
  headerTableSize: 4 * KiB, // RFC 9113 §6.5.2
  maxSectionExcess: 32 * KiB, // what is too large for a head gets its 431
  resets: { burst: 200, perSecond: 33 }, // h2o 200, hyper 20 and 200, nghttp2 1000 and 33; http.md 281
  controls: { burst: 1_000, perSecond: 33 }, // nghttp2 1000 unanswered
  emptyFrames: { burst: 100, perSecond: 10 }, // Apache 100s of them
  maxUnsentControl: 64 * KiB, // nghttp2 1000 answers
};

/**
 * What a stream of HTTP/3 may have received that nobody has read yet, in bytes: what QUIC is left to the runtime does not wait for readers.
 * A stream with more is reset.
 */
export const maxHttp3Unread: number = 16 * MiB;

/** Timeouts of a client connection, in milliseconds. */
export interface ConnectionTimeouts {
  /** From the first byte of a head to its last. */
  readonly headMs: number;
  /** Longest silence inside a body. */
  readonly bodyMs: number;
  /** Least rate of a body, in bytes per second of waiting for the client, looked at after `bodyRateGraceMs`. */
  readonly bodyMinRate: number;
  readonly bodyRateGraceMs: number;
  /** Longest silence between requests. */
  readonly keepAliveMs: number;
  /** Longest time in which a client takes nothing of what was handed to the kernel. */
  readonly sendMs: number;
  /**
   * How long a connection is kept of which one side has ended while nothing is sent. The client's: whether it left shows only when
   * something is sent. Ours, as it was idle: what the client sent before it saw that must not be answered by a reset.
   */
  readonly halfClosedMs: number;
  /** How long what a refused client still sends is read and thrown away, so that it sees the answer. */
  readonly lingerMs: number;
}

export const connectionTimeouts: ConnectionTimeouts = {
  headMs: 10_000, // Apache 20 s, Caddy none
  bodyMs: 60_000, // nginx 60 s
  bodyMinRate: 240, // Kestrel 240 B/s
  bodyRateGraceMs: 5_000, // Kestrel 5 s
  keepAliveMs: 75_000, // nginx 75 s
  sendMs: 60_000, // nginx 60 s
  halfClosedMs: 500, // nginx 0: it leaves at once
  lingerMs: 5_000, // nginx lingering_timeout 5 s
};

/** What a peer may send over one WebSocket. */
export interface WebSocketLimits {
  /** One message, all fragments together, in bytes: as received, and once more after decompression. */
  readonly maxMessageSize: number;
  /** The payload of one data frame as received, in bytes. */
  readonly maxFrameSize: number;
  /** Data frames of one message. */
  readonly maxFragments: number;
}

export const webSocketLimits: WebSocketLimits = {
  maxMessageSize: 16 * MiB, // uvicorn 16 MiB, ws 100 MiB
  maxFrameSize: 16 * MiB,
  maxFragments: 131_072, // 128 bytes each in the longest message; ws 131,072
};

/** Timeouts of a WebSocket, in milliseconds. */
export interface WebSocketTimeouts {
  /** After so long a silence the client is pinged; 0 for never. */
  readonly pingIntervalMs: number;
  /** How long a pinged client may stay silent before its connection is given up. */
  readonly pingTimeoutMs: number;
  /** How long the client may take to answer a close frame. */
  readonly closeMs: number;
}

export const webSocketTimeouts: WebSocketTimeouts = {
  pingIntervalMs: 20_000, // uvicorn 20 s
  pingTimeoutMs: 20_000, // uvicorn 20 s
  closeMs: 10_000, // websockets 10 s
};

/** Bytes of a request body that are gathered before the request is given to an app. */
export const bufferedBodySize: number = 64 * KiB; // nginx client_body_buffer_size 16k

/** Answers up to this size leave in one write with their head, in bytes. */
export const coalescedBodySize: number = 32 * KiB;

/** Bytes that a client connection may have unsent before the answer's source is paused. */
export const sendBufferSize: number = 128 * KiB; // Envoy 1 MiB

/** What one app may have waiting and under way. */
export interface QueueLimits {
  /** Requests that wait for a worker. */
  readonly maxRequests: number;
  /** How long one waits, in milliseconds. */
  readonly maxWaitMs: number;
}

export const queueLimits: QueueLimits = {
  maxRequests: 1_000, // gunicorn backlog 2048
  maxWaitMs: 30_000, // gunicorn timeout 30 s
};

/** The same for requests that a worker had already: it died, or they came back. What stands for a front is its own. */
export const againLimits: QueueLimits = { maxRequests: 1_000, maxWaitMs: 30_000 };

/** Requests under way in one ASGI worker at most. */
export const asgiConcurrency: number = 20_000; // uvicorn: none; an open stream or WebSocket counts as one

/** Client connections of one front thread at most; for one more the longest idle one is ended. */
export const maxConnections = 20_000; // nginx worker_connections 512 to 1024

/** How long a client without a request may still send one after the stop was asked for, in milliseconds. */
export const stopLastCallMs = 250; // nginx keepalive_min_timeout 0

/** The same where another process serves meanwhile, after an upgrade. */
export const upgradeLastCallMs = 5_000;

/** How long the last answers may take to leave once the time for a stop is over, in milliseconds. */
export const lastAnswersMs = 500;

/** What is read and thrown away of a request body that nobody wanted, so that the connection can be kept, in bytes. */
export const maxDrainSize: number = 64 * KiB; // Go 256 KiB

/**
 * How many requests beyond its threads a WSGI worker may be sent, for each thread, while its requests take no longer than
 * `meanMs` on average: the next batch is then there when the last one is done. What is behind a slow request waits for it.
 */
export const prefetch: { readonly perThread: number; readonly meanMs: number } = { perThread: 16, meanMs: 2 };

/** How long an app may take to shut down where requests have used up the graceful timeout, in milliseconds. */
export const appShutdownMs = 2_000;

/** Pieces of a body below this size are put together while they wait, so that what holds them is not larger than they are. */
export const smallPieceSize: number = 4 * KiB;

/** How long a request that was cancelled for its timeout may take to end, in milliseconds; its worker is replaced then. */
export const stuckGraceMs = 2_000;

/** How long a stuck worker from which nothing comes any more may take to end the requests it has, in milliseconds. */
export const hungGraceMs = 1_000;

/**
 * How long a worker may take to become ready, in milliseconds; one that imports the app gets ten times what the first import took
 * beside that.
 */
export const workerStartMs = 90_000; // systemd DefaultTimeoutStartSec 90 s; the lifespan's startup has 60 s

/** After so long, in milliseconds, a start that is under way is given up for a reload: it hangs. */
export const hangingStartMs = 30_000;

/** How long a config that is a program may take to be imported, in milliseconds: a reload waits for it. */
export const configImportMs = 30_000; // as hangingStartMs

/** Certificates got on demand that one front thread keeps ready; others are asked of the main thread again. */
export const maxOnDemandCertificates = 2_000;

/** Certificates got on demand that the main thread keeps checked, and their OCSP answers fresh. */
export const maxUsableOnDemand = 10_000;

/** How long a front thread takes a certificate that was got on demand for the newest one, in milliseconds. */
export const onDemandFreshMs = 600_000;

/** How long a handshake may wait for a certificate that is got on demand, in milliseconds. */
export const onDemandWaitMs = 60_000; // Caddy 90 s

/** Names that one front thread asks the main thread for at a time; handshakes for more are refused. */
export const maxWantedCertificates = 1_000;

/** What the files that a front thread keeps in memory may be. */
export interface FileCacheLimits {
  /** One file, in bytes. */
  readonly maxFileSize: number;
  /** One that was asked for before within `freshMs`, in bytes. */
  readonly maxHotFileSize: number;
  /** All of them, in bytes. */
  readonly maxBytes: number;
  readonly maxFiles: number;
  /** How long one is taken to be unchanged without a look at it, in milliseconds. */
  readonly freshMs: number;
}

export const fileCacheLimits: FileCacheLimits = {
  maxFileSize: 64 * KiB, // decisions/0015
  maxHotFileSize: MiB,
  maxBytes: 64 * MiB, // nginx keeps none: the kernel does
  maxFiles: 8_192,
  freshMs: 1_000, // nginx open_file_cache_valid 60 s
};

/** Ranges of one request where the config says nothing; more get the whole file. */
export const maxRanges = 200; // Apache MaxRanges 200, nginx none; http.md 258

/** What is taken of upstreams where the config says nothing. Times in milliseconds, sizes in bytes. */
export interface ProxyLimits {
  readonly maxHeadSize: number;
  readonly maxFieldCount: number;
  /** Interim answers to one request. */
  readonly maxInterim: number;
  readonly bufferSize: number;
  readonly maxTempFileSize: number;
  readonly connectTimeoutMs: number;
  readonly sendTimeoutMs: number;
  readonly readTimeoutMs: number;
  readonly nextTries: number;
  /** How long the body of a request waits for 100 (Continue) of an upstream. */
  readonly continueTimeoutMs: number;
  /** Idle connections to one upstream. */
  readonly idleConnections: number;
  readonly idleTimeoutMs: number;
  readonly connectionRequests: number;
  readonly connectionTimeMs: number;
}

export const proxyLimits: ProxyLimits = {
  maxHeadSize: 32 * KiB, // nginx 4k or 8k, HAProxy 16k, Envoy 60k
  maxFieldCount: 200, // nginx any, HAProxy 101
  maxInterim: 32, // http.md 221; Node any
  bufferSize: 64 * KiB, // nginx 8 buffers of 4k or 8k
  maxTempFileSize: 1024 * MiB, // nginx 1024m
  connectTimeoutMs: 10_000, // nginx 60 s, Envoy 5 s
  sendTimeoutMs: 60_000, // nginx 60 s
  readTimeoutMs: 60_000, // nginx 60 s
  nextTries: 3, // nginx any; HAProxy 3
  continueTimeoutMs: 1_000, // RFC 9110 §10.1.1; curl 1 s, Go 1 s
  idleConnections: 64, // nginx 32 since 1.29.7
  idleTimeoutMs: 55_000, // nginx 60 s; below the 60 s of many servers, so that it is ours who ends
  connectionRequests: 1_000_000, // nginx 1000
  connectionTimeMs: 3_600_000, // nginx 1 h
};

/** How often files of certificates and keys are looked at, in milliseconds. */
export const tlsFileCheckMs = 5_000; // controller-runtime 10 s, nginx never

/** How long session tickets are encrypted with the same random key, in milliseconds. */
export const ticketKeyLifeMs: number = 12 * 3_600_000; // Caddy 12 h, Go 24 h, nginx until it is started again

/** How CAs are asked about the revocation of certificates. Times in milliseconds, sizes in bytes. */
export interface OcspLimits {
  readonly timeoutMs: number;
  readonly maxResponseSize: number;
  /** The first pause after a failure; each is twice the one before, up to the longest. */
  readonly retryMs: number;
  readonly maxRetryMs: number;
  /** Longest time until the CA is asked again; else when half of the answer's time is over. */
  readonly maxRefreshMs: number;
  readonly minRefreshMs: number;
}

export const ocspLimits: OcspLimits = {
  timeoutMs: 10_000, // nginx 60 s
  maxResponseSize: 64 * KiB, // answers have 500 bytes to 4k
  retryMs: 30_000, // nginx 300 s
  maxRetryMs: 3_600_000,
  maxRefreshMs: 24 * 3_600_000, // nginx 1 h
  minRefreshMs: 1_000,
};
