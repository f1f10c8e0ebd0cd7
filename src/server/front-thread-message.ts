import type { FromFront, ToWorkers } from '../app/front-message.ts';
import type { CacheCounts, CacheNews } from '../cache/cache-event.ts';
import type { CachePurgeRequest } from '../cache/cache-store.ts';
import type { Bind } from '../core/bind.ts';
import type { QueueLimits } from '../core/limits.ts';
import type { ErrorLogTarget } from '../observe/error-log.ts';
import type { LogLevel } from '../observe/log.ts';
import type { SitePlan } from '../plan/site-plan.ts';
import type { ZoneBuffers } from '../site/limits/limit-zones.ts';
import type { StartFailure } from '../site/start-failure/start-failure.ts';
import type { AcmeChallenges, TlsMaterial } from '../tls/tls-material.ts';
import type { UpstreamMembers, UpstreamState } from '../upstream/member.ts';

/** One address for a front thread to listen on. */
export interface ListenRequest {
  /** Which listener it is of; see {@link ListenerPlace}. */
  readonly listener: number;
  /** With the port that another thread was given, where any was asked for. */
  readonly bind: Bind;
  /** See ListenOptions in front/listen.ts. */
  readonly reusePort: 'first' | 'join' | undefined;
  /** Connections that wait to be accepted; undefined for the usual number. */
  readonly backlog: number | undefined;
  readonly ipv6Only: boolean;
  /** Inherited sockets, in place of opening one. */
  readonly fds: readonly number[];
}

/** A listening socket of a front thread. */
export interface ListeningSocket {
  readonly listener: number;
  /** Where it is. */
  readonly bind: Bind;
  readonly fd: number;
}

/** One app as front threads know it. */
export interface FrontApp {
  /** Names this run of the app; no other one has had it. */
  readonly id: number;
  readonly queue: QueueLimits;
  readonly requestTimeoutMs: number;
  /** Whether why the app cannot start is shown to whoever asks. */
  readonly showsStartFailure: boolean;
  /** See AppCounters. */
  readonly counters: SharedArrayBuffer;
}

/** Which part of a plan is for the connections of a listening socket; the number of a listener stays when the config changes. */
export interface ListenerPlace {
  readonly listener: number;
  /** Index in the plan's listeners. */
  readonly index: number;
  /** Others for connections to one address of this machine, where the socket is for all: nginx dispatches them so. */
  readonly byAddress: readonly { readonly address: string; readonly index: number }[];
}

/** A site, and what goes with it. */
export interface FrontSite {
  readonly plan: SitePlan;
  readonly zones: ZoneBuffers;
  readonly listeners: readonly ListenerPlace[];
  /** Which run answers for an app of the plan. */
  readonly apps: readonly { readonly name: string; readonly id: number }[];
  /** One for each upstream of the plan. */
  readonly upstreams: readonly UpstreamState[];
  /** One for each server of the plan; undefined for those without TLS. */
  readonly tls: readonly (TlsMaterial | undefined)[];
  /** Which reading of the config it is. What is told of the servers of another one, by their places, is not for this site. */
  readonly generation: number;
}

/** What the main thread tells a front thread. */
export type ToFrontThread =
  /** Answered by `app-opened`. `socket`: where its workers connect. */
  | { readonly kind: 'open-app'; readonly app: FrontApp; readonly socket: string }
  | { readonly kind: 'close-app'; readonly app: number }
  | { readonly kind: 'workers'; readonly app: number; readonly message: ToWorkers }
  /** Why the newest version of an app cannot start; undefined when one has started. */
  | { readonly kind: 'start-failure'; readonly app: number; readonly failure: StartFailure | undefined }
  /** What is served from now on. Answered by `site-ready`. */
  | { readonly kind: 'site'; readonly site: FrontSite }
  /** Who the members of an upstream are from now on; one that the thread does not know is no fault. */
  | { readonly kind: 'upstream-members'; readonly members: UpstreamMembers }
  /** What the TLS of the site's servers is made of from now on: files or keys have changed. */
  | {
      readonly kind: 'tls-materials';
      readonly generation: number;
      readonly materials: readonly (TlsMaterial | undefined)[];
    }
  /** The answer to `certificate-wanted`; undefined: there is none for that name. */
  | {
      readonly kind: 'certificate';
      readonly generation: number;
      readonly server: number;
      readonly name: string;
      readonly material: TlsMaterial | undefined;
    }
  /** There is another certificate for a name that is got on demand: it is asked for again. */
  | { readonly kind: 'certificate-changed'; readonly name: string }
  /** All that a CA may look for now. */
  | { readonly kind: 'acme-challenges'; readonly challenges: AcmeChallenges }
  | { readonly kind: 'log-level'; readonly level: LogLevel }
  /** Where Galley's own events are written from now on. */
  | { readonly kind: 'error-logs'; readonly errorLogs: readonly ErrorLogTarget[] }
  /** The log files were rotated. */
  | { readonly kind: 'reopen-logs' }
  /** What other front threads did to their caches. */
  | { readonly kind: 'cache-news'; readonly news: readonly CacheNews[] }
  /** Answered by `purged`. `isFirst`: of all threads that are asked; files are for that one to remove. */
  | { readonly kind: 'purge'; readonly cache: string; readonly what: CachePurgeRequest; readonly isFirst: boolean }
  /** Answered by `caches`. */
  | { readonly kind: 'count-caches' }
  /** Answered by `listening`. */
  | { readonly kind: 'listen'; readonly requests: readonly ListenRequest[] }
  | { readonly kind: 'unlisten'; readonly listeners: readonly number[] }
  /** No more connections; requests under way may end. Answered by `closed`. */
  | { readonly kind: 'close'; readonly graceMs: number; readonly lastCallMs: number }
  /** The workers are gone. Answered by `ended`; the thread ends. */
  | { readonly kind: 'end' };

/** What a front thread tells the main thread. */
export type FromFrontThread =
  /** It takes messages. */
  | { readonly kind: 'open' }
  /** Workers of the app may connect. */
  | { readonly kind: 'app-opened' }
  /** `error`: why the site cannot be used; the one before goes on. */
  | { readonly kind: 'site-ready'; readonly error: string | undefined }
  | { readonly kind: 'workers'; readonly app: number; readonly message: FromFront }
  /** A client asks for a name that the server, an index of the plan, gets certificates for on demand. Answered by `certificate`. */
  | {
      readonly kind: 'certificate-wanted';
      readonly generation: number;
      readonly server: number;
      readonly name: string;
    }
  | { readonly kind: 'cache-news'; readonly news: readonly CacheNews[] }
  /** How many entries there were; undefined where there is no such cache. */
  | { readonly kind: 'purged'; readonly removed: number | undefined }
  | { readonly kind: 'caches'; readonly caches: readonly CacheCounts[] }
  /** `error`: the message of a ListenError; `sockets` were opened before. */
  | { readonly kind: 'listening'; readonly sockets: readonly ListeningSocket[]; readonly error: string | undefined }
  /** `cut`: connections that had not ended in time. */
  | { readonly kind: 'closed'; readonly cut: number }
  | { readonly kind: 'ended' };
