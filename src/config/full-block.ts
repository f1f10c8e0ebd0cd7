import type { CacheSettings } from '../plan/cache-plan.ts';
import type { ProxySettings, ProxyTls } from '../plan/proxy-plan.ts';
import type {
  Addition,
  BasicAuth,
  Charset,
  Compression,
  Expires,
  LimitExcept,
  RefererPlan,
  Settings,
  Substitution,
  TryFiles,
  UserIdPlan,
} from '../plan/settings.ts';
import type { Template } from '../plan/site-plan.ts';
import type { Block, Grouped } from './config.ts';

/** A block in which nothing is absent: what is undefined or false is off. */
export interface FullBlock extends Omit<Settings, Grouped> {
  readonly types: Settings['types'];
  readonly tryFiles: TryFiles | undefined;
  readonly expires: Expires | false;
  readonly limitExcept: LimitExcept | undefined;
  readonly referers: Partial<RefererPlan> | undefined;
  readonly secureLink: Block['secureLink'] | undefined;
  readonly basicAuth: Omit<BasicAuth, 'realm'> & { readonly realm: Template | false };
  readonly authRequest: Required<NonNullable<Block['authRequest']>>;
  readonly autoindex: NonNullable<Settings['autoindex']> & { readonly enabled: boolean };
  readonly compression: Omit<Compression, 'encodings'> & {
    readonly gzip: Encoder;
    readonly brotli: Encoder;
    readonly zstd: Encoder;
  };
  /** Undefined where nobody says it: see settingsOf. */
  readonly charset: Omit<Charset, 'charset'> & { readonly charset: Template | false | undefined };
  readonly substitution: Substitution;
  readonly addition: Addition;
  readonly userId: Omit<UserIdPlan, 'mode'> & { readonly mode: UserIdPlan['mode'] | false };
  readonly proxy: ProxySettings;
  readonly proxyTls: ProxyTls;
  readonly cache: Omit<CacheSettings, 'cache'> & { readonly cache: string | false };
}

export interface Encoder {
  readonly enabled: boolean;
  readonly level: number;
}
